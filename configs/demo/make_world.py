#!/usr/bin/env python3
"""Makes the demo world: the grid map of 运河街道 (grids.geojson) and its 16 cameras (cameras.toml).

    python3 make_world.py           writes both files beside this one
    python3 make_world.py --check   checks both files and exits with 1 where something is wrong

The street is laid out freely and is no survey. Its outline and main roads are given by hand below, in metres;
the roads cut it into communities, and every community is divided further by slightly bent lanes. The same seed
always gives the same files.

Neighbours share their borders exactly. Every corner is a point of a lattice of one millionth of a degree, and a
new corner on a border enters the rings of both sides, on every level: `Plan` remembers how borders were divided,
and `Plan.full` puts the later corners into an older ring.
"""

import json
import math
import random
import sys
import tomllib
from pathlib import Path

SEED = 3704
HERE = Path(__file__).resolve().parent
GRIDS, CAMERAS = HERE / "grids.geojson", HERE / "cameras.toml"

# The place: division code 370405 (台儿庄区) and street part 001, around this point.
STREET_CODE, STREET_NAME = "370405001", "运河街道"
LON, LAT = 117.73, 34.56
METRES_X, METRES_Y = 0.111320 * math.cos(math.radians(LAT)), 0.110940  # of one millionth of a degree
ORIGIN = (round(LON * 1e6), round(LAT * 1e6))
COUNTS = {"street": 1, "community": 13, "base": 143, "micro": 351}

# The outline in metres east and north of the point, counter-clockwise from the west: the Grand Canal, a brook,
# the northern road, the western road.
OUTLINE = [
    [(-2060, -880), (-1720, -1130), (-1300, -1230), (-880, -1130), (-480, -1190), (-150, -1430), (300, -1640),
     (800, -1590), (1180, -1330), (1480, -1060), (1830, -960), (2070, -1010)],
    [(2070, -1010), (2030, -520), (2120, 0), (1970, 480), (2030, 980), (1900, 1500)],
    [(1900, 1500), (1300, 1680), (700, 1700), (0, 1790), (-700, 1720), (-1300, 1760), (-1850, 1600)],
    [(-1850, 1600), (-1920, 1000), (-2080, 500), (-1980, 0), (-2090, -500), (-2060, -880)],
]
# The main roads. A road that ends inside a block leaves that block whole.
ROADS = [
    [(-2400, -40), (-1500, 0), (-700, 130), (200, 110), (900, 200), (1500, 230), (2400, 330)],
    [(-2300, 860), (-1200, 860), (-300, 970), (500, 910), (1300, 990), (2300, 890)],
    [(-720, 2100), (-640, 1400), (-550, 860)],
    [(700, 2100), (780, 1300), (760, 950), (860, 500), (830, 150), (970, -400), (1170, -900), (1480, -1500)],
    [(-1000, 1000), (-990, 500), (-1060, 100), (-970, -500), (-900, -900), (-930, -1500)],
    [(-160, 1050), (-110, 500), (-160, 120), (-50, -500), (-120, -1000), (-50, -1800)],
    [(-1060, -430), (-600, -540), (-70, -600), (250, -770), (620, -800), (960, -700), (1220, -690)],
]
# The communities in the order of their codes: name, a point inside, number of base grids, kind of places.
COMMUNITIES = [
    ("北园社区", (-1250, 1350), 9, "outskirts"),
    ("文化路社区", (50, 1350), 11, "estates"),
    ("万通社区", (1350, 1350), 9, "outskirts"),
    ("西花苑社区", (-1500, 500), 11, "estates"),
    ("金水湾社区", (-550, 500), 13, "estates"),
    ("广进社区", (350, 500), 13, "estates"),
    ("东升社区", (1400, 500), 11, "estates"),
    ("顺河社区", (-1500, -500), 9, "outskirts"),
    ("箭道社区", (-550, -200), 11, "estates"),
    ("月河社区", (-550, -900), 12, "lanes"),
    ("板桥社区", (400, -300), 11, "lanes"),
    ("古城社区", (400, -1100), 15, "lanes"),
    ("运河湾社区", (1450, -400), 8, "outskirts"),
]
# What the names of estates and lanes are put together from.
ESTATES = ("幸福 锦绣 阳光 金桂 御景 翠湖 祥和 东方 康居 福源 丽景 安居 紫荆 清水 春晖 明珠 凤凰 育才 玉兰 瑞景 荷香 "
           "同兴 怡和 新城").split()
ESTATE_KINDS = "里 花园 小区 家园".split()
LANES = "竹竿 鱼市 丁字 大衙门 顺河 石桥 染坊 油坊 船闸 西门 双井 粮市".split()
LANE_KINDS = "街 巷 胡同".split()
# The cameras: community, side of it ("" is its middle), name, short name, type (131 camera, 132 IP camera).
CAMERA_SITES = [
    ("西花苑社区", "E", "西花苑社区东门", "西花苑东门", 132),
    ("西花苑社区", "", "西花苑社区健身广场", "西花苑广场", 132),
    ("古城社区", "W", "古城西门游客入口", "古城西门", 132),
    ("古城社区", "", "古城中心广场", "古城广场", 132),
    ("古城社区", "S", "古城运河码头", "古城码头", 131),
    ("月河社区", "S", "月河步行街南口", "月河步行街", 132),
    ("板桥社区", "", "板桥农贸市场", "板桥市场", 132),
    ("文化路社区", "", "文化路小学门口", "文化路小学", 132),
    ("文化路社区", "S", "文化路公交站", "文化路公交站", 131),
    ("广进社区", "N", "广进社区北门", "广进北门", 132),
    ("金水湾社区", "N", "金水湾社区北门", "金水湾北门", 132),
    ("东升社区", "E", "东升社区东门", "东升东门", 131),
    ("运河湾社区", "S", "运河湾滨河公园", "滨河公园", 132),
    ("顺河社区", "S", "顺河路渡口", "顺河渡口", 131),
    ("万通社区", "", "万通商场正门", "万通商场", 132),
    ("箭道社区", "N", "箭道社区养老服务站", "箭道养老站", 132),
]
SIDES = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}


# === Geometry ===
# A corner is a pair of whole millionths of a degree, a ring a list of corners, counter-clockwise, not closed.

def metres(corner):
    """Metres east and north of the place's middle."""
    return ((corner[0] - ORIGIN[0]) * METRES_X, (corner[1] - ORIGIN[1]) * METRES_Y)


def corner_at(point):
    """The corner nearest to a point in metres."""
    return (round(point[0] / METRES_X) + ORIGIN[0], round(point[1] / METRES_Y) + ORIGIN[1])


def sides(ring):
    """The pairs of neighbouring corners, the last being joined to the first."""
    return zip(ring, ring[1:] + ring[:1])


def turn(a, b, c):
    """Twice the area of the triangle: above 0 where c lies left of the way from a to b. Exact on corners."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def area(ring):
    """Twice the area, above 0 for counter-clockwise rings. Exact on corners."""
    return sum(a[0] * b[1] - a[1] * b[0] for a, b in sides(ring))


def centre(ring):
    """The centre of mass of a ring in metres."""
    double = area(ring)
    parts = [(a[0] * b[1] - b[0] * a[1], a, b) for a, b in sides(ring)]
    return tuple(sum(w * (a[i] + b[i]) for w, a, b in parts) / (3 * double) for i in (0, 1))


def holds(ring, point):
    """Whether the point lies inside."""
    inside = False
    for a, b in sides(ring):
        if (a[1] > point[1]) != (b[1] > point[1]):
            inside ^= (turn(a, b, point) > 0) == (b[1] > a[1])
    return inside


def meet(a, b, c, d):
    """Whether the lines a-b and c-d have a point in common. Exact on corners."""
    def beside(p, q, r):
        return min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= r[1] <= max(p[1], q[1])

    t = turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)
    if (t[0] > 0) != (t[1] > 0) and (t[2] > 0) != (t[3] > 0) and 0 not in t:
        return True
    return any(turned == 0 and beside(p, q, r)
               for turned, p, q, r in zip(t, (a, a, c, c), (b, b, d, d), (c, d, a, b)))


def crossing(a, b, c, d):
    """How far along a-b and along c-d the two cross, each from 0 to 1, or None."""
    def cross(p, q):
        return p[0] * q[1] - p[1] * q[0]

    one, other, gap = (b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1]), (c[0] - a[0], c[1] - a[1])
    if (wedge := cross(one, other)) == 0:
        return None
    along, across = cross(gap, other) / wedge, cross(gap, one) / wedge
    return (along, across) if 0 <= along <= 1 and 0 <= across <= 1 else None


def between(a, b, share):
    """The point that share of the way from a to b."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)


def curve(points, steps=4):
    """A smooth line through the points (Catmull-Rom)."""
    padded = [points[0], *points, points[-1]]
    smooth = []
    for p, q, r, s in zip(padded, padded[1:], padded[2:], padded[3:]):
        for t in (step / steps for step in range(steps)):
            smooth.append(tuple(0.5 * (2 * q[i] + (r[i] - p[i]) * t + (2 * p[i] - 5 * q[i] + 4 * r[i] - s[i]) * t**2
                                       + (3 * q[i] - p[i] - 3 * r[i] + s[i]) * t**3) for i in (0, 1)))
    return [*smooth, points[-1]]


# === The plan: rings that share their borders ===

class Plan:
    """How borders were divided after they were first drawn."""

    def __init__(self):
        self.divided = {}  # border (a, b) with a < b -> the corner put between
        self.junctions = set()  # where a border meets another

    def full(self, ring):
        """The ring with every corner that was put on its borders since."""
        return [corner for a, b in sides(ring) for corner in self._from(a, b)]

    def _from(self, a, b):
        """The corners from a to b, without b."""
        middle = self.divided.get((min(a, b), max(a, b)))
        return [a] if middle is None else self._from(a, middle) + self._from(middle, b)

    def cut(self, ring, line, near):
        """Cuts a full ring in two along a line of points in metres that enters and leaves it once.

        The ends go to a corner of the ring where one is nearer than `near` metres, to a junction twice as far.
        Gives None where the line does not pass through, or where the cut would touch the ring.
        """
        outline = [metres(corner) for corner in ring]
        hits = []
        for step, (a, b) in enumerate(zip(line, line[1:])):
            for index, (c, d) in enumerate(sides(outline)):
                if found := crossing(a, b, c, d):
                    hits.append((step + found[0], index, between(a, b, found[0])))
        hits.sort()
        hits = [hit for k, hit in enumerate(hits) if k == 0 or math.dist(hit[2], hits[k - 1][2]) > 1]
        if len(hits) != 2:
            return None
        start, end = (self._end(ring, outline, *hit[1:], near) for hit in hits)
        inner = [corner_at(point) for step, point in enumerate(line)
                 if hits[0][0] < step < hits[1][0] and all(math.dist(point, hit[2]) > 8 for hit in hits)]
        return self._along(ring, [start[0], *inner, end[0]], (start, end))

    def _end(self, ring, outline, index, point, near):
        """The corner where a cut ends, and the border it divides, if it does."""
        best = min(range(len(ring)), key=lambda i: math.dist(outline[i], point)
                   / (2 if ring[i] in self.junctions else 1))
        reach = 2 * near if ring[best] in self.junctions else near
        if math.dist(outline[best], point) <= reach:
            return ring[best], None
        return corner_at(point), (ring[index], ring[(index + 1) % len(ring)])

    def _along(self, ring, path, ends):
        """The two rings beside the path, the borders it divides and its ends; None where the cut is not clean."""
        borders = {tuple(sorted(border)): corner for corner, border in ends if border}
        if len(borders) < sum(1 for _, border in ends if border):
            return None
        grown = []
        for a, b in sides(ring):
            new = borders.get((min(a, b), max(a, b)))
            grown += [a] if new is None else [a, new]
        if len(set(grown)) < len(grown) or len(set(path)) < len(path) or set(path[1:-1]) & set(grown):
            return None
        first = grown.index(path[0])
        grown = grown[first:] + grown[:first]
        last = grown.index(path[-1])
        halves = (grown[:last + 1] + path[-2:0:-1], grown[last:] + [grown[0]] + path[1:-1])
        if any(len(half) < 3 or area(half) <= 0 or not simple(half) for half in halves):
            return None
        return halves, borders, (path[0], path[-1])

    def keep(self, cut):
        """Makes a cut count, and gives its two rings."""
        halves, borders, ends = cut
        self.divided.update(borders)
        self.junctions.update(ends)
        return halves


def simple(ring):
    """Whether no corner comes twice and no two borders touch but where one goes on from the other."""
    if len(set(ring)) < len(ring):
        return False
    borders = list(sides(ring))
    for i, (a, b) in enumerate(borders):
        after = borders[(i + 1) % len(borders)][1]
        if turn(a, b, after) == 0 and (after[0] - b[0]) * (a[0] - b[0]) + (after[1] - b[1]) * (a[1] - b[1]) > 0:
            return False
        if any(meet(a, b, *borders[j]) for j in range(i + 2, len(borders)) if i > 0 or j < len(borders) - 1):
            return False
    return True


# === Dividing ===

def share_below(points, normal, offset):
    """Twice the area of the part of a polygon that lies on the near side of a line."""
    heights = [p[0] * normal[0] + p[1] * normal[1] - offset for p in points]
    part = []
    for i, (p, height) in enumerate(zip(points, heights)):
        q, next_height = points[(i + 1) % len(points)], heights[(i + 1) % len(points)]
        if height <= 0:
            part.append(p)
        if (height <= 0) != (next_height <= 0):
            part.append(between(p, q, height / (height - next_height)))
    return area(part) if len(part) > 2 else 0


def long_way(points):
    """The direction of the polygon's length: that of the side whose box around the polygon is smallest."""
    def box(angle):
        along = [p[0] * math.cos(angle) + p[1] * math.sin(angle) for p in points]
        across = [p[1] * math.cos(angle) - p[0] * math.sin(angle) for p in points]
        return max(along) - min(along), max(across) - min(across)

    angle = min((math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in sides(points)),
                key=lambda a: round(box(a)[0] * box(a)[1]))
    length, width = box(angle)
    return angle if length >= width else angle + math.pi / 2


def lane(points, angle, share, bend):
    """A line across the polygon that leaves `share` of its area on one side and bends to one side."""
    normal = (math.cos(angle), math.sin(angle))
    heights = [p[0] * normal[0] + p[1] * normal[1] for p in points]
    low, high, wanted = min(heights), max(heights), share * area(points)
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if share_below(points, normal, middle) < wanted else (low, middle)
    across = [p[1] * normal[0] - p[0] * normal[1] for p in points]

    def at(along, aside):
        return (normal[0] * (low + aside) - normal[1] * along, normal[1] * (low + aside) + normal[0] * along)

    left, right = min(across), max(across)
    length = right - left
    return [at(left - 5, 0), at(left + length * 0.36, bend * length), at(left + length * 0.68, bend * length * 0.8),
            at(right + 5, 0)]


def roundness(ring):
    """1 for a circle, 0.79 for a square, towards 0 for a sliver."""
    points = [metres(corner) for corner in ring]
    return 2 * math.pi * area(points) / sum(math.dist(a, b) for a, b in sides(points)) ** 2


def best_cut(plan, ring, share, rng):
    """The cut, of some tried, whose parts are roundest and nearest to the wanted share."""
    points = [metres(corner) for corner in ring]
    along, whole = long_way(points), area(ring)
    near = 0.06 * math.sqrt(area(points) / 2)
    best, best_worth = None, -math.inf
    for attempt in range(36):
        quarter = math.pi / 2 if attempt % 4 == 3 else 0
        angle = along + quarter + (rng.random() - 0.5) * 0.4
        side = share if attempt % 2 else 1 - share
        line = lane(points, angle, side, (rng.random() - 0.5) * 0.11)
        cut = plan.cut(ring, line, near)
        if cut is None:
            continue
        halves = cut[0]
        missed = abs(min((area(half) / whole for half in halves), key=lambda part: abs(part - share)) - share)
        worth = min(roundness(half) for half in halves) - 1.5 * missed - sharpness(halves)
        if worth > best_worth:
            best, best_worth = cut, worth
    if best is None:
        raise RuntimeError(f"no cut found through the ring around {centre(points)}")
    return best


def sharpness(halves):
    """How far the sharpest corner of two rings is below 60 degrees, as a share of it."""
    sharpest = math.pi / 3
    for half in halves:
        points = [metres(corner) for corner in half]
        for (a, b), (_, c) in zip(sides(points), sides(points[1:] + points[:1])):
            inner = math.pi - abs(math.remainder(
                math.atan2(c[1] - b[1], c[0] - b[0]) - math.atan2(b[1] - a[1], b[0] - a[0]), math.tau))
            sharpest = min(sharpest, inner)
    return 1 - sharpest / (math.pi / 3)


def from_north_west(ring):
    """Grows to the east and, more, to the south."""
    east, north = centre([metres(corner) for corner in ring])
    return east - 1.5 * north


def divide(plan, ring, parts, rng):
    """Divides a ring into so many parts, listed roughly from the north-west to the south-east."""
    if parts == 1:
        return [ring]
    ring = plan.full(ring)
    few = parts // 2
    share = few / parts * (0.86 + 0.28 * rng.random())
    one, other = plan.keep(best_cut(plan, ring, share, rng))
    if area(one) > area(other):
        one, other = other, one
    pieces = sorted([(one, few), (other, parts - few)], key=lambda piece: from_north_west(piece[0]))
    return [part for piece, count in pieces for part in divide(plan, piece, count, rng)]


# === The world ===

def communities(plan, street):
    """The rings between the main roads, in the order of COMMUNITIES."""
    blocks = [street]
    for road in map(curve, ROADS):
        parts = []
        for block in blocks:
            cut = plan.cut(plan.full(block), road, 6)
            parts += plan.keep(cut) if cut else [block]
        blocks = parts
    if len(blocks) != len(COMMUNITIES):
        raise RuntimeError(f"the roads leave {len(blocks)} blocks, not {len(COMMUNITIES)}")
    return [next(block for block in blocks if holds(block, corner_at(inside))) for _, inside, _, _ in COMMUNITIES]


def micro_counts(groups, rng):
    """How many micro grids every base grid has: two, and up to two more where it is large for its community."""
    sizes = []
    for number, bases in enumerate(groups):
        mean = sum(map(area, bases)) / len(bases)
        sizes += [(area(ring) / mean * (0.5 + rng.random()), number, place) for place, ring in enumerate(bases)]
    sizes.sort(reverse=True)
    more = COUNTS["micro"] - 2 * COUNTS["base"]
    counts = [[2] * len(bases) for bases in groups]
    for _, number, place in sizes[:more - 12] + sizes[:12]:
        counts[number][place] += 1
    return counts


def micro_names(kind, base_number, serial, parts, rng):
    """Names as people use them: buildings of an estate, houses of a lane, or plain numbers at the outskirts."""
    if kind == "outskirts":
        return [f"第{base_number}网格-{part}微网格" for part in range(1, parts + 1)]
    if kind == "estates":
        heads, kinds, step, unit = ESTATES, ESTATE_KINDS, 5, "号楼"
    else:
        heads, kinds, step, unit = LANES, LANE_KINDS, 34, "号"
    place = heads[serial % len(heads)] + kinds[(serial + serial // len(heads)) % len(kinds)]
    names, first = [], 1
    for _ in range(parts):
        last = first + step + int(rng.random() * step)
        names.append(f"{place}{first}-{last}{unit}")
        first = last + 1
    return names


def make_grids():
    """All grids from the top down: code, name, level, parent and ring."""
    rng, plan = random.Random(SEED), Plan()
    street = [corner_at(point) for side in OUTLINE for point in curve(side)[:-1]]
    blocks = communities(plan, street)
    groups = [divide(plan, block, row[2], rng) for block, row in zip(blocks, COMMUNITIES)]
    counts = micro_counts(groups, rng)
    grids = [(STREET_CODE, STREET_NAME, "street", None, street)]
    serials = {"estates": 0, "lanes": 0, "outskirts": 0}
    for number, (name, _, _, kind) in enumerate(COMMUNITIES):
        code = f"{STREET_CODE}{number + 1:03}"
        grids.append((code, name, "community", STREET_CODE, blocks[number]))
        for place, ring in enumerate(groups[number], 1):
            base = f"{code}{place:03}"
            grids.append((base, f"{name}第{place}网格", "base", code, ring))
            parts = divide(plan, ring, counts[number][place - 1], rng)
            names = micro_names(kind, place, serials[kind], len(parts), rng)
            serials[kind] += 1
            grids += [(f"{base}{part:02}", names[part - 1], "micro", base, micro)
                      for part, micro in enumerate(parts, 1)]
    order = list(COUNTS)
    grids.sort(key=lambda grid: (order.index(grid[2]), grid[0]))
    return [(*grid[:4], plan.full(grid[4])) for grid in grids]


def make_cameras(grids):
    """The cameras: every one in a base grid of its own, towards its side of the community."""
    codes = {name: code for code, name, level, _, _ in grids if level == "community"}
    rings = {code: ring for code, _, level, _, ring in grids if level != "street"}
    taken, cameras = set(), []
    for number, (community, side, name, short, kind) in enumerate(CAMERA_SITES, 1):
        middle = centre([metres(corner) for corner in rings[codes[community]]])
        bases = [grid for grid in grids if grid[3] == codes[community] and grid[0] not in taken]
        east, north = SIDES.get(side, (0, 0))

        def out(grid):
            x, y = (value - mid for value, mid in zip(centre([metres(c) for c in grid[4]]), middle))
            return -math.hypot(x, y) if not side else x * east + y * north - 0.7 * abs(x * north - y * east)

        base = max(bases, key=out)
        taken.add(base[0])
        micros = [grid for grid in grids if grid[3] == base[0]]
        home = max(micros, key=out)[4]
        heart = centre([metres(corner) for corner in home])
        reach = next((metre for metre in range(400, 0, -4)
                      if holds(home, corner_at((heart[0] + east * metre, heart[1] + north * metre)))), 0)
        spot = corner_at((heart[0] + east * reach * 0.8, heart[1] + north * reach * 0.8))
        cameras.append({"id": f"cam-{number:02}", "name": name, "short_name": short,
                        "code": f"3704050000{kind}6{number:06}", "longitude": degrees(spot[0]),
                        "latitude": degrees(spot[1]), "grid": base[0]})
    return cameras


# === Files ===

def degrees(whole):
    """Millionths of a degree as text with 6 decimals."""
    return f"{whole // 1_000_000}.{whole % 1_000_000:06}"


def grids_text(grids):
    """The grids as GeoJSON, one feature a line."""
    lines = []
    for code, name, level, parent, ring in grids:
        properties = json.dumps({"code": code, "name": name, "level": level, "parent": parent},
                                ensure_ascii=False, separators=(",", ":"))
        corners = ",".join(f"[{degrees(lon)},{degrees(lat)}]" for lon, lat in ring + ring[:1])
        lines.append(f'{{"type":"Feature","properties":{properties},'
                     f'"geometry":{{"type":"Polygon","coordinates":[[{corners}]]}}}}')
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def cameras_text(cameras):
    """The cameras as blocks for gridwatch's configuration; the address of the stream is to be added to each."""
    text = ("# The 16 cameras of the demo world, made by make_world.py. For use, copy the blocks into gridwatch.toml\n"
            "# and give each a url (and user and password).\n")
    for camera in cameras:
        text += "\n[[camera]]\n"
        for key, value in camera.items():
            text += f"{key} = {value}\n" if key in ("longitude", "latitude") else f'{key} = "{value}"\n'
    return text


# === Checking ===

def check_grids(grids):
    """Everything that is wrong with the grids. They are read from the file, not taken from the generator."""
    rings = {code: ring for code, _, _, _, ring in grids}
    children = {}
    for grid in grids:
        children.setdefault(grid[3], []).append(grid)
    for level, wanted in COUNTS.items():
        found = sum(1 for grid in grids if grid[2] == level)
        if found != wanted:
            yield f"{found} grids of level {level}, not {wanted}"
    if len(rings) != len(grids):
        yield "a code is used twice"
    digits, above = {"street": 9, "community": 12, "base": 15, "micro": 17}, dict(zip(list(COUNTS)[1:], COUNTS))
    levels = {code: level for code, _, level, _, _ in grids}
    for code, name, level, parent, ring in grids:
        if len(code) != digits[level] or not code.startswith(parent or ""):
            yield f"{code}: not a code of level {level} below {parent}"
        if levels.get(parent) != above.get(level):
            yield f"{code}: the parent {parent} is not of level {above.get(level)}"
        if len(ring) < 3 or area(ring) <= 0 or not simple(ring):
            yield f"{code}: the ring touches or crosses itself, or is not counter-clockwise"
        if level != "micro" and code not in children:
            yield f"{code}: no children"
    for parent, siblings in children.items():
        if len({grid[1] for grid in siblings}) < len(siblings):
            yield f"below {parent}: two siblings have one name"
        if parent is not None and (problem := partition_problem(rings[parent], [grid[4] for grid in siblings])):
            yield f"below {parent}: {problem}"


def partition_problem(parent, children):
    """Why the children do not divide the parent exactly, or None.

    Every border between two children must be walked once in each direction, and what is left must be the
    parent's ring. Then the children's areas, all counted above 0, cover every point of the parent once.
    """
    walked = [border for ring in children for border in sides(ring)]
    ways = set(walked)
    if len(ways) < len(walked):
        return "siblings overlap: a border is walked twice in one direction"
    if {(a, b) for a, b in ways if (b, a) not in ways} != set(sides(parent)):
        return "gaps or overlaps: the siblings' outer borders are not the parent's"
    total, whole = sum(map(area, children)), area(parent)
    if abs(total - whole) > 1e-6 * whole:
        return f"the areas sum to {total}, not {whole}"
    return None


def check_cameras(cameras, grids):
    """Everything that is wrong with the cameras."""
    rings = {code: ring for code, _, level, _, ring in grids if level == "base"}
    for key in ("id", "code", "grid"):
        if len({camera[key] for camera in cameras}) != len(CAMERA_SITES):
            yield f"not {len(CAMERA_SITES)} different values of {key}"
    for camera in cameras:
        spot = tuple(round(camera[key] * 1e6) for key in ("longitude", "latitude"))
        if len(camera["code"]) != 20 or not camera["code"].isdigit():
            yield f"{camera['id']}: the code has not 20 digits"
        if len(camera["short_name"]) > 10:
            yield f"{camera['id']}: the short name has more than 10 characters"
        if camera["grid"] not in rings or not holds(rings[camera["grid"]], spot):
            yield f"{camera['id']}: does not stand in the base grid {camera['grid']}"


def read_grids(path):
    """The grids as the file has them."""
    for feature in json.loads(path.read_text("utf-8"))["features"]:
        has, (ring,) = feature["properties"], feature["geometry"]["coordinates"]
        if ring[0] != ring[-1]:
            raise ValueError(f"{has['code']}: the ring is not closed")
        corners = [(round(lon * 1e6), round(lat * 1e6)) for lon, lat in ring[:-1]]
        yield has["code"], has["name"], has["level"], has["parent"], corners


def read_cameras(path):
    """The cameras as the file has them."""
    return tomllib.loads(path.read_text("utf-8"))["camera"]


def check(texts):
    """Prints what is wrong with the files; gives the exit status."""
    grids = list(read_grids(GRIDS))
    problems = [*check_grids(grids), *check_cameras(read_cameras(CAMERAS), grids)]
    problems += [f"{path.name} is not what make_world.py writes" for path, text in texts.items()
                 if path.read_bytes() != text.encode("utf-8")]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(grids)} grids, {len(problems)} problems")
    return 1 if problems else 0


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    grids = make_grids()
    texts = {GRIDS: grids_text(grids), CAMERAS: cameras_text(make_cameras(grids))}
    if arguments:
        return check(texts)
    for path, text in texts.items():
        path.write_bytes(text.encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
