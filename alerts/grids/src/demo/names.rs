//! Names as a town has them, put together from words at random.

use geo::{Centroid, Polygon};
use rand::{rngs::StdRng, seq::SliceRandom};

/// What a community is like, and how its places are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Character {
    /// Housing estates.
    Estates,
    /// Old lanes.
    Lanes,
    /// The edge of the town.
    Outskirts,
}

/// The waters and roads that are drawn by hand: first the outline, then the main roads.
pub(super) const ROADS: [&str; 11] = [
    "运河",
    "东沟河",
    "北环路",
    "西环路",
    "金水路",
    "文化路",
    "北园街",
    "广进街",
    "西花街",
    "箭道街",
    "月河路",
];
/// The number of the first road that is for cars: before it come the waters.
pub(super) const FIRST_ROAD: usize = 2;

/// Words for lanes. Each is used once, so that a lane is known by its word alone.
const LANE_WORDS: &str = "文昌 兴隆 顺安 和平 康宁 安乐 永昌 丰泉 泰安 福兴 祥和 瑞云 长春 新华 建设 广和 庆丰 华阳 明德 清泉 \
    柳岸 槐荫 桃园 石榴 枣林 杏花 梨园 竹影 兰亭 菊香 荷塘 芦花 苇荡 渔歌 船坞 码头 漕运 古渡 星光 朝阳 \
    晚霞 春风 夏荷 秋实 冬青 迎宾 友谊 团结 民生 自立 勤俭 诚信 仁爱 崇文 尚武 育才 育英 书院 学府 同心 \
    同德 太平 升平 昌平 安定 安顺 安康 永安 永宁 永泰 长安 长宁 长乐 富民 富强 富春 裕民 裕华 利民 惠民 \
    便民 爱民 向阳 向荣 繁荣 昌盛 鼎盛 凤鸣 凤栖 龙泉 龙腾 麒麟 白鹭 黄鹂 飞燕 喜鹊 仙鹤 鸿雁 青松 翠柏 \
    银杏 梧桐 香樟 玉兰 丁香 海棠 紫藤 木槿 芙蓉 牡丹 芍药 蔷薇 茉莉 桂花 红枫 绿杨 白杨 古槐 老井 石桥 \
    木桥 铁匠 油坊 染坊 磨坊 酒坊 豆市 鱼市 盐店 粮仓 马场 花市 灯市 钟楼 鼓楼 文庙 望河 临河 沿河 滨河 \
    西门 南门 北门 东门 南关 北关 东关 西关 环城 竹竿 丁字 双井";

/// Words for estates; with the kinds below there are more names than base grids.
const ESTATE_WORDS: &str = "幸福 锦绣 阳光 金桂 御景 翠湖 和美 东方 康居 福源 丽景 安居 紫荆 清水 春晖 明珠 凤凰 怡景 \
    玉泉 瑞景 荷香 同兴 怡和 新城 水岸 绿洲 华庭 鸿福 嘉和 盛世 名仕 雅居 枫林 香榭 景泰 润泽 \
    福康 祥瑞 吉祥 如意 平安 富贵 长青 秀水 碧波 银河 金色 龙湾";

// === impl Character ===

impl Character {
    fn kinds(self) -> [&'static str; 4] {
        match self {
            Self::Estates => ["花园", "小区", "家园", "公寓"],
            Self::Lanes => ["里", "坊", "大院", "胡同"],
            Self::Outskirts => ["新村", "新苑", "庄园", "佳苑"],
        }
    }
}

/// Names that were not given yet.
pub(super) struct Names {
    roads: Vec<String>,
    lane_words: Vec<&'static str>,
    estate_words: Vec<&'static str>,
    estates: usize,
}

// === impl Names ===

impl Names {
    pub(super) fn shuffled(rng: &mut StdRng) -> Self {
        let mut lane_words: Vec<&str> = LANE_WORDS.split_whitespace().collect();
        let mut estate_words: Vec<&str> = ESTATE_WORDS.split_whitespace().collect();
        lane_words.shuffle(rng);
        estate_words.shuffle(rng);
        Self { roads: ROADS.map(str::to_owned).to_vec(), lane_words, estate_words, estates: 0 }
    }

    /// The number of a new lane that runs in this direction (radians, 0 to the east): a 路 runs east, a 街 north.
    pub(super) fn lane(&mut self, angle: f64) -> usize {
        let kind = if angle.cos().abs() > angle.sin().abs() { "路" } else { "街" };
        let number = self.roads.len();
        let name = match self.lane_words.pop() {
            Some(word) => format!("{word}{kind}"),
            None => format!("第{number}{kind}"),
        };
        self.roads.push(name);
        number
    }

    pub(super) fn road(&self, number: usize) -> &str {
        self.roads.get(number).map_or("", String::as_str)
    }

    /// The name of a new estate. A word comes back after all others, and then with another kind.
    pub(super) fn estate(&mut self, character: Character) -> String {
        let (round, place) = (self.estates / self.estate_words.len(), self.estates % self.estate_words.len());
        self.estates += 1;
        let kinds = character.kinds();
        format!("{}{}", self.estate_words[place], kinds[(place + round) % kinds.len()])
    }
}

/// What the parts of a base grid are called by where they lie in it: of four sides, and of eight where two lie alike.
pub(super) fn sides(whole: &Polygon<f64>, parts: &[Polygon<f64>]) -> Vec<&'static str> {
    const FOUR: [&str; 4] = ["东区", "北区", "西区", "南区"];
    const EIGHT: [&str; 8] = ["东区", "东北区", "北区", "西北区", "西区", "西南区", "南区", "东南区"];
    const NUMBERS: [&str; 4] = ["一区", "二区", "三区", "四区"];
    let angles: Vec<f64> = parts
        .iter()
        .filter_map(|part| {
            let (from, to) = (whole.centroid()?, part.centroid()?);
            Some((to.y() - from.y()).atan2(to.x() - from.x()).rem_euclid(std::f64::consts::TAU))
        })
        .collect();
    for names in [FOUR.as_slice(), EIGHT.as_slice()] {
        let sector = std::f64::consts::TAU / names.len() as f64;
        let named: Vec<&str> =
            angles.iter().map(|angle| names[(angle / sector).round() as usize % names.len()]).collect();
        let differ = named.iter().enumerate().all(|(index, name)| !named[..index].contains(name));
        if differ && named.len() == parts.len() {
            return named;
        }
    }
    NUMBERS.into_iter().cycle().take(parts.len()).collect()
}
