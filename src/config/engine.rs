//! What of `[models]` concerns all models: what does their work.

use std::{num::NonZero, path::Path};

use gridwatch_inference::{EngineChoice, Provider, Role};

use super::{Section, path};

/// Reads what may do the models' work.
pub(super) fn read(section: &Section<'_>, folder: &Path) -> EngineChoice {
    const AUTO: &str = "auto";
    let providers = Provider::ALL.map(|provider| format!("\"{}\"", provider.name()));
    let provider = section.text("provider", &format!("\"{AUTO}\", {}", providers.join(", ")), |name| {
        if name == AUTO { Some(None) } else { Provider::from_name(name).map(Some) }
    });
    let f32_only = section.text("precision", "\"auto\" or \"f32\"", |name| match name {
        AUTO => Some(false),
        "f32" => Some(true),
        _ => None,
    });
    EngineChoice {
        provider: provider.flatten(),
        f32_only: f32_only.unwrap_or_default(),
        cache: path(section, "engine_cache", folder, "gridwatch-data/engines"),
    }
}

/// How many sessions a model has where nobody says: with fewer than two, nothing goes on when one fails. The model that
/// looks at every frame can use all cores.
pub(super) fn sessions(role: Role) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    if role == Role::Person { cores.max(2) } else { cores.div_ceil(2).max(2) }
}
