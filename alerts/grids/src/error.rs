//! How a file of grids is refused, without a word about HTTP.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    fault::{Fault, Property},
    lang::Lang,
};

/// How many problems a refused file names one by one.
pub(crate) const PROBLEMS_MAX: usize = 1_000;
/// And how many of them stand in one error message.
const PROBLEMS_SHOWN_MAX: usize = 50;

/// Why a grid file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// The file cannot be read.
    #[error("grid file {path} cannot be read: {source}")]
    NotReadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any street's or district's map.
    #[error("the file has {bytes} bytes; give one of at most {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest that is read.
        bytes_max: usize,
    },
    /// The file has more grids than any district.
    #[error("the file has more than {grids_max} grids; divide it")]
    TooMany {
        /// How many are read.
        grids_max: usize,
    },
    /// The text is not JSON.
    #[error("not JSON: {0}; export the grids as GeoJSON again")]
    NotJson(#[source] serde_json::Error),
    /// The JSON is something else.
    #[error(
        "not a GeoJSON FeatureCollection: an object with \"type\": \"FeatureCollection\" and a list \"features\" is needed"
    )]
    NotAFeatureCollection,
    /// The bytes are neither UTF-8 nor GBK.
    #[error("the table is neither UTF-8 nor GBK text; save it as CSV UTF-8")]
    NotText,
    /// The table has no rows, or one cannot be read.
    #[error("the table cannot be read: {0}; save it as CSV UTF-8")]
    NotCsv(#[source] csv::Error),
    /// Columns are absent or come twice.
    #[error("{}", columns_text(missing, twice, Lang::En))]
    Columns {
        /// Which are absent.
        missing: Vec<Property>,
        /// Which come twice.
        twice: Vec<Property>,
    },
    /// Grids are wrong.
    #[error("{}", problems_text(problems, *more, Lang::En))]
    Problems {
        /// The first problems, in the order of the file.
        problems: Vec<GridProblem>,
        /// How many more there are.
        more: usize,
    },
}

/// Something wrong with one grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GridProblem {
    /// Where it stands.
    pub place: Place,
    /// The grid's code, where it has one.
    #[schema(required)]
    pub grid: Option<String>,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

/// Where in a file a grid stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "of", content = "number", rename_all = "snake_case")]
pub enum Place {
    /// In the list of features, the first being 0.
    Feature(usize),
    /// In the line of a table's text where the row begins, the header being line 1.
    Row(usize),
}

// === impl GridError ===

impl GridError {
    /// Names the kind of error for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotReadable { .. } => "not_readable",
            Self::TooLarge { .. } => "too_large",
            Self::TooMany { .. } => "too_many",
            Self::NotJson(_) => "not_json",
            Self::NotAFeatureCollection => "not_a_feature_collection",
            Self::NotText => "not_text",
            Self::NotCsv(_) => "not_csv",
            Self::Columns { .. } => "columns",
            Self::Problems { .. } => "problems",
        }
    }

    /// What is wrong and what to do about it.
    pub fn describe(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::NotReadable { path, source } => {
                format!("网格文件 {} 无法读取（{source}），请检查路径和权限", path.display())
            }
            Self::TooLarge { bytes, bytes_max } => {
                format!("文件有 {bytes} 字节，最大 {bytes_max} 字节，请拆小或化简边界")
            }
            Self::TooMany { grids_max } => format!("文件中的网格超过 {grids_max} 个，请拆成多个文件"),
            Self::NotJson(source) => format!("文件不是 JSON（{source}），请重新导出为 GeoJSON"),
            Self::NotAFeatureCollection => {
                "文件不是 GeoJSON 的 FeatureCollection，请重新导出为 GeoJSON".to_owned()
            }
            Self::NotText => "表格既不是 UTF-8 也不是 GBK 编码，请另存为“CSV UTF-8”后重新导入".to_owned(),
            Self::NotCsv(source) => format!("表格无法读取（{source}），请另存为“CSV UTF-8”后重新导入"),
            Self::Columns { missing, twice } => columns_text(missing, twice, lang),
            Self::Problems { problems, more } => problems_text(problems, *more, lang),
        }
    }

    /// The problems of a file, the first [`PROBLEMS_MAX`] one by one; none where there are none.
    pub(crate) fn from_problems(mut problems: Vec<GridProblem>) -> Result<(), Self> {
        problems.sort_by_key(|problem| problem.place);
        let more = problems.len().saturating_sub(PROBLEMS_MAX);
        problems.truncate(PROBLEMS_MAX);
        if problems.is_empty() { Ok(()) } else { Err(Self::Problems { problems, more }) }
    }
}

fn columns_text(missing: &[Property], twice: &[Property], lang: Lang) -> String {
    let list = |columns: &[Property]| {
        let names: Vec<&str> = columns.iter().map(|column| column.name(lang)).collect();
        names.join(if lang == Lang::ZhCn { "、" } else { ", " })
    };
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(match lang {
            Lang::ZhCn => format!("缺少列：{}，请补上这些列的表头", list(missing)),
            Lang::En => format!("columns are absent: {}; give each a header in the first row", list(missing)),
        });
    }
    if !twice.is_empty() {
        parts.push(match lang {
            Lang::ZhCn => format!("列重复：{}，请各保留一列", list(twice)),
            Lang::En => format!("columns come twice: {}; keep one of each", list(twice)),
        });
    }
    parts.join(if lang == Lang::ZhCn { "；" } else { "; " })
}

fn problems_text(problems: &[GridProblem], more: usize, lang: Lang) -> String {
    let count = problems.len() + more;
    let mut text = match lang {
        Lang::ZhCn => format!("网格文件有 {count} 个问题："),
        Lang::En if count == 1 => "1 problem in the grid file:".to_owned(),
        Lang::En => format!("{count} problems in the grid file:"),
    };
    for problem in problems.iter().take(PROBLEMS_SHOWN_MAX) {
        text += "\n  ";
        text += &problem.describe(lang);
    }
    let hidden = count - problems.len().min(PROBLEMS_SHOWN_MAX);
    if hidden > 0 {
        text += &match lang {
            Lang::ZhCn => format!("\n  另有 {hidden} 个"),
            Lang::En => format!("\n  and {hidden} more"),
        };
    }
    text
}

// === impl GridProblem ===

impl GridProblem {
    /// Where, which grid, what is wrong and what to do about it.
    pub fn describe(&self, lang: Lang) -> String {
        let (place, fault) = (self.place.describe(lang), self.fault.describe(lang));
        match (lang, &self.grid) {
            (Lang::ZhCn, Some(code)) => format!("{place}（编码 {code}）：{fault}"),
            (Lang::ZhCn, None) => format!("{place}：{fault}"),
            (Lang::En, Some(code)) => format!("{place} (code {code:?}): {fault}"),
            (Lang::En, None) => format!("{place}: {fault}"),
        }
    }
}

// === impl Place ===

impl Place {
    pub(crate) fn describe(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Feature(index), Lang::ZhCn) => format!("要素 {index}"),
            (Self::Feature(index), Lang::En) => format!("feature {index}"),
            (Self::Row(row), Lang::ZhCn) => format!("第 {row} 行"),
            (Self::Row(row), Lang::En) => format!("row {row}"),
        }
    }
}
