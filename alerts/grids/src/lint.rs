//! What looks odd in a tree. Everything here is a warning: a tree with findings works.

mod ground;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{code::CodeScheme, grid::Grid, lang::Lang, level::GridLevel, tree::GridTree};

/// How many households a base grid has.
const HOUSEHOLDS: std::ops::RangeInclusive<u32> = 400..=800;
/// How many people a base grid has at most.
const PEOPLE_MAX: u32 = 2_000;

/// How many findings are listed. Whoever has more has one cause for most of them.
const FINDINGS_MAX: usize = 2_000;

/// What looks odd in a tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Lints {
    /// The findings, in the order of the grids.
    pub found: Vec<Lint>,
    /// Whether there was too much to look at all of it: too many findings, or too many areas one upon the other.
    pub cut_short: bool,
}

/// What looks odd at one grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Lint {
    /// The grid's code.
    pub grid: String,
    /// Its name.
    pub name: String,
    /// What looks odd.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What can look odd: a code with parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", content = "params", rename_all = "snake_case")]
pub enum Finding {
    /// The grids below leave a part of it to nobody. Buildings may: there is ground between them.
    Gap {
        /// How much, in m².
        area_m2: f64,
    },
    /// It and another grid below the same parent (or both at the top) have a part in common.
    Overlap {
        /// The other grid's code.
        other: String,
        /// How much, in m².
        area_m2: f64,
    },
    /// A part of it lies outside its parent.
    OutsideParent {
        /// The parent's code.
        parent: String,
        /// How much, in m².
        area_m2: f64,
    },
    /// A base grid has few or many households.
    Households {
        /// How many it has.
        households: u32,
    },
    /// A base grid has many people.
    People {
        /// How many it has.
        people: u32,
    },
    /// The code has another length than the scheme says, or is not made of digits.
    CodeLength {
        /// How many digits the scheme asks for.
        digits: usize,
    },
    /// The code does not begin with the parent's.
    CodePrefix {
        /// The parent's code.
        parent: String,
    },
    /// The borders of the grids below lie across each other in so many places that they cannot be compared. Of grids at
    /// the top, it stands at the first of them.
    Entangled,
    /// A street has no grids.
    NoChildren,
}

/// Looks through the tree for what is odd.
///
/// Areas that touch in strips less than 0.5 m wide on average, or of less than 10 m² in one piece, count as drawn by an
/// unsteady hand and are no finding.
pub fn lint(tree: &GridTree, scheme: &CodeScheme) -> Lints {
    let mut children: HashMap<Option<&str>, Vec<&Grid>> = HashMap::new();
    for grid in tree.iter() {
        children.entry(grid.parent()).or_default().push(grid);
    }
    let mut lints = Lints::default();
    for grid in tree.iter() {
        lints.numbers(grid);
        lints.code(grid, tree, scheme);
        if grid.level() == GridLevel::Street && !children.contains_key(&Some(grid.code())) {
            lints.add(grid, Finding::NoChildren);
        }
    }
    lints.ground(tree, &children);
    let order: HashMap<&str, usize> =
        tree.iter().enumerate().map(|(index, grid)| (grid.code(), index)).collect();
    lints.found.sort_by_key(|lint| order.get(lint.grid.as_str()).copied());
    lints
}

// === impl Lints ===

impl Lints {
    fn numbers(&mut self, grid: &Grid) {
        if grid.level() != GridLevel::Base {
            return;
        }
        if let Some(households) = grid.households().filter(|households| !HOUSEHOLDS.contains(households)) {
            self.add(grid, Finding::Households { households });
        }
        if let Some(people) = grid.people().filter(|&people| people > PEOPLE_MAX) {
            self.add(grid, Finding::People { people });
        }
    }

    fn code(&mut self, grid: &Grid, tree: &GridTree, scheme: &CodeScheme) {
        if let Some(digits) = scheme.digits(grid.level())
            && !scheme.fits(grid.level(), grid.code())
        {
            self.add(grid, Finding::CodeLength { digits });
        }
        if let Some(parent) = grid.parent().and_then(|code| tree.by_code(code))
            && !scheme.nests((parent.level(), parent.code()), (grid.level(), grid.code()))
        {
            self.add(grid, Finding::CodePrefix { parent: parent.code().to_owned() });
        }
    }

    fn add(&mut self, grid: &Grid, finding: Finding) {
        if self.found.len() < FINDINGS_MAX {
            self.found.push(Lint { grid: grid.code().to_owned(), name: grid.name().to_owned(), finding });
        } else {
            self.cut_short = true;
        }
    }
}

// === impl Lint ===

impl Lint {
    /// Which grid, what looks odd and what to do about it.
    pub fn describe(&self, lang: Lang) -> String {
        let finding = self.finding.describe(lang);
        match lang {
            Lang::ZhCn => format!("{}（{}）：{finding}", self.name, self.grid),
            Lang::En => format!("{} ({}): {finding}", self.name, self.grid),
        }
    }
}

// === impl Finding ===

impl Finding {
    /// What looks odd and what to do about it.
    pub fn describe(&self, lang: Lang) -> String {
        let (low, high) = (HOUSEHOLDS.start(), HOUSEHOLDS.end());
        match (lang, self) {
            (Lang::ZhCn, Self::Gap { area_m2 }) => {
                format!("下级网格之间有 {area_m2:.0} m² 没有划入任何网格，请在地图上补齐边界")
            }
            (Lang::En, Self::Gap { area_m2 }) => {
                format!("{area_m2:.0} m² belong to none of the grids below; close the gap on the map")
            }
            (Lang::ZhCn, Self::Overlap { other, area_m2 }) => {
                format!("与同级网格 {other} 重叠 {area_m2:.0} m²，请在地图上修正边界")
            }
            (Lang::En, Self::Overlap { other, area_m2 }) => {
                format!("{area_m2:.0} m² belong to grid {other} too; correct the border on the map")
            }
            (Lang::ZhCn, Self::OutsideParent { parent, area_m2 }) => {
                format!("有 {area_m2:.0} m² 超出上级网格 {parent}，请核对上级或修正边界")
            }
            (Lang::En, Self::OutsideParent { parent, area_m2 }) => {
                format!(
                    "{area_m2:.0} m² lie outside its parent {parent}; check the parent or correct the border"
                )
            }
            (Lang::ZhCn, Self::Households { households }) => {
                format!("有 {households} 户，基础网格一般为 {low} 至 {high} 户，请核对户数或调整划分")
            }
            (Lang::En, Self::Households { households }) => {
                format!(
                    "{households} households; a base grid has {low} to {high}, so check the number or divide anew"
                )
            }
            (Lang::ZhCn, Self::People { people }) => {
                format!("有 {people} 人，基础网格一般不超过 {PEOPLE_MAX} 人，请核对人数或调整划分")
            }
            (Lang::En, Self::People { people }) => {
                format!(
                    "{people} people; a base grid has at most {PEOPLE_MAX}, so check the number or divide anew"
                )
            }
            (Lang::ZhCn, Self::CodeLength { digits }) => {
                format!("编码不是编码规则要求的 {digits} 位数字，请核对；外来编码可保留")
            }
            (Lang::En, Self::CodeLength { digits }) => {
                format!(
                    "the code does not have the scheme's {digits} digits; check it, or keep it if it is from elsewhere"
                )
            }
            (Lang::ZhCn, Self::CodePrefix { parent }) => {
                format!("编码不以上级编码 {parent} 开头，请核对上级；外来编码可保留")
            }
            (Lang::En, Self::CodePrefix { parent }) => {
                format!(
                    "the code does not begin with its parent's, {parent}; check the parent, or keep it if it is from elsewhere"
                )
            }
            (Lang::ZhCn, Self::Entangled) => {
                "下级网格的边界交错过多，无法比对，请检查是否有网格被重复绘制".to_owned()
            }
            (Lang::En, Self::Entangled) => {
                "the borders of its grids lie across each other too often to be compared; check for grids drawn twice".to_owned()
            }
            (Lang::ZhCn, Self::NoChildren) => "街道下没有网格，请导入社区网格或基础网格".to_owned(),
            (Lang::En, Self::NoChildren) => {
                "the street has no grids; import its community or base grids".to_owned()
            }
        }
    }
}
