//! `[[channel]]`: over which channels people, groups and other systems are told.

use gridwatch_alerts::{APP_CHANNEL, Level, PUSH_CHANNEL, Reach, Route};
use gridwatch_channels::{ChannelConfig, ChannelKind};

use super::Section;

/// The kinds of channel that are set up here. A browser's is set up by the browser.
const KINDS: [&str; 6] = ["webhook", "wecom", "dingtalk", "feishu", "mqtt", "gb28181"];

/// A channel and what goes over it.
#[derive(Clone, Debug)]
pub struct ChannelSettings {
    /// What goes over it.
    pub route: Route,
    /// How it is reached.
    pub config: ChannelConfig,
}

/// All channels.
pub(super) fn read_all(root: &Section<'_>) -> Vec<ChannelSettings> {
    let mut names: Vec<String> = Vec::new();
    let sections = root.sections("channel");
    sections.iter().filter_map(|section| read(section, &mut names)).collect()
}

fn read(section: &Section<'_>, names: &mut Vec<String>) -> Option<ChannelSettings> {
    section.require("name", "a name of its own");
    section.require("reaches", "\"people\", \"group\" or \"systems\"");
    let name = section.text("name", "a name of its own, other than \"app\" and \"push\"", |name| {
        let is_new = !name.trim().is_empty()
            && name != APP_CHANNEL
            && name != PUSH_CHANNEL
            && !names.iter().any(|known| known == name);
        is_new.then(|| name.to_owned())
    });
    names.extend(name.clone());
    let reaches = section.text("reaches", "\"people\", \"group\" or \"systems\"", |text| match text {
        "people" => Some(Reach::People),
        "group" => Some(Reach::Group),
        "systems" => Some(Reach::Systems),
        _ => None,
    });
    let level =
        u8::try_from(section.whole("level", 1..=4, 4)).ok().and_then(Level::new).unwrap_or(Level::BLUE);
    let grid = section.text("grid", "a grid's code", |code| (!code.is_empty()).then(|| code.to_owned()));
    let given: Vec<(&str, Section<'_>)> =
        KINDS.into_iter().map(|kind| (kind, section.section(kind))).filter(|(_, of)| of.is_given()).collect();
    let [(kind, of)] = <[_; 1]>::try_from(given)
        .map_err(|given| {
            let found = format!("{} of them", given.len());
            section.contradiction(
                KINDS,
                found,
                "one section such as [channel.webhook] below each [[channel]]",
            );
        })
        .ok()?;
    let line = of.line();
    let mut value = of.into_json();
    value["kind"] = kind.into();
    let config = serde_json::from_value::<ChannelConfig>(value)
        .map_err(|error| section.wrong(kind, line, without_values(&error)))
        .ok()?;
    let alarms_only = config.kind() == ChannelKind::Gb28181;
    Some(ChannelSettings {
        route: Route { channel: name?, reaches: reaches?, level, grid, alarms_only },
        config,
    })
}

/// What is wrong, unless it quotes a value: a secret may stand there.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_only = text.starts_with("missing field") || text.starts_with("unknown field");
    if names_only { text } else { "a value of the wrong kind (not shown)".to_owned() }
}
