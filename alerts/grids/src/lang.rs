//! The languages this crate speaks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Lang {
    /// Chinese, as written in mainland China.
    #[default]
    #[serde(rename = "zh-CN")]
    ZhCn,
    /// English.
    #[serde(rename = "en")]
    En,
}
