//! What of the street is drawn by hand: where it lies, its outline, main roads and communities.

use geo::Coord;

use super::names::Character;

/// Around which point it lies, in WGS-84 degrees.
pub(super) const MIDDLE: Coord<f64> = Coord { x: 117.73, y: 34.56 };
/// Division code 370405 (台儿庄区), and a part for the street.
pub(super) const STREET_CODE: &str = "370405001";
pub(super) const STREET_NAME: &str = "运河街道";

pub(super) type Points = &'static [(f64, f64)];

/// The outline in metres east and north of the middle, counter-clockwise from the west: the canal, a brook and two ring
/// roads. The numbers are those of [`super::names::ROADS`].
pub(super) const OUTLINE: [(usize, Points); 4] = [
    (
        0,
        &[
            (-2060.0, -880.0),
            (-1720.0, -1130.0),
            (-1300.0, -1230.0),
            (-880.0, -1130.0),
            (-480.0, -1190.0),
            (-150.0, -1430.0),
            (300.0, -1640.0),
            (800.0, -1590.0),
            (1180.0, -1330.0),
            (1480.0, -1060.0),
            (1830.0, -960.0),
            (2070.0, -1010.0),
        ],
    ),
    (
        1,
        &[
            (2070.0, -1010.0),
            (2030.0, -520.0),
            (2120.0, 0.0),
            (1970.0, 480.0),
            (2030.0, 980.0),
            (1900.0, 1500.0),
        ],
    ),
    (
        2,
        &[
            (1900.0, 1500.0),
            (1300.0, 1680.0),
            (700.0, 1700.0),
            (0.0, 1790.0),
            (-700.0, 1720.0),
            (-1300.0, 1760.0),
            (-1850.0, 1600.0),
        ],
    ),
    (
        3,
        &[
            (-1850.0, 1600.0),
            (-1920.0, 1000.0),
            (-2080.0, 500.0),
            (-1980.0, 0.0),
            (-2090.0, -500.0),
            (-2060.0, -880.0),
        ],
    ),
];

/// The main roads between the communities. A road that ends inside a block leaves that block whole.
pub(super) const MAIN_ROADS: [(usize, Points); 7] = [
    (
        4,
        &[
            (-2400.0, -40.0),
            (-1500.0, 0.0),
            (-700.0, 130.0),
            (200.0, 110.0),
            (900.0, 200.0),
            (1500.0, 230.0),
            (2400.0, 330.0),
        ],
    ),
    (
        5,
        &[
            (-2300.0, 860.0),
            (-1200.0, 860.0),
            (-300.0, 970.0),
            (500.0, 910.0),
            (1300.0, 990.0),
            (2300.0, 890.0),
        ],
    ),
    (6, &[(-720.0, 2100.0), (-640.0, 1400.0), (-550.0, 860.0)]),
    (
        7,
        &[
            (700.0, 2100.0),
            (780.0, 1300.0),
            (760.0, 950.0),
            (860.0, 500.0),
            (830.0, 150.0),
            (970.0, -400.0),
            (1170.0, -900.0),
            (1480.0, -1500.0),
        ],
    ),
    (
        8,
        &[
            (-1000.0, 1000.0),
            (-990.0, 500.0),
            (-1060.0, 100.0),
            (-970.0, -500.0),
            (-900.0, -900.0),
            (-930.0, -1500.0),
        ],
    ),
    (
        9,
        &[
            (-160.0, 1050.0),
            (-110.0, 500.0),
            (-160.0, 120.0),
            (-50.0, -500.0),
            (-120.0, -1000.0),
            (-50.0, -1800.0),
        ],
    ),
    (
        10,
        &[
            (-1060.0, -430.0),
            (-600.0, -540.0),
            (-70.0, -600.0),
            (250.0, -770.0),
            (620.0, -800.0),
            (960.0, -700.0),
            (1220.0, -690.0),
        ],
    ),
];

/// The communities in the order of their codes: name, a point inside, how many base grids, and what it is like there.
pub(super) const COMMUNITIES: [(&str, (f64, f64), usize, Character); 13] = [
    ("北园社区", (-1250.0, 1350.0), 9, Character::Outskirts),
    ("文化路社区", (50.0, 1350.0), 11, Character::Estates),
    ("万通社区", (1350.0, 1350.0), 9, Character::Outskirts),
    ("西花苑社区", (-1500.0, 500.0), 11, Character::Estates),
    ("金水湾社区", (-550.0, 500.0), 13, Character::Estates),
    ("广进社区", (350.0, 500.0), 13, Character::Estates),
    ("东升社区", (1400.0, 500.0), 11, Character::Estates),
    ("顺河社区", (-1500.0, -500.0), 9, Character::Outskirts),
    ("箭道社区", (-550.0, -200.0), 11, Character::Estates),
    ("月河社区", (-550.0, -900.0), 12, Character::Lanes),
    ("板桥社区", (400.0, -300.0), 11, Character::Lanes),
    ("古城社区", (400.0, -1100.0), 15, Character::Lanes),
    ("运河湾社区", (1450.0, -400.0), 8, Character::Outskirts),
];
