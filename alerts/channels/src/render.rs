//! Messages in words: a title, a body, and links. Chinese and English; a drill says so first, always.

mod words;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::message::{AlertSummary, Content, Digest, Message, Named};

pub(crate) use words::DRILL;
use words::Words;

/// The longest name that is shown whole, in characters. Names come from import files, which hold anything.
const NAME_CHARS_MAX: usize = 60;

/// The same in a digest, so that all lines of one fit into the shortest message there is.
const DIGEST_NAME_CHARS_MAX: usize = 16;

/// The longest note, in characters.
const NOTE_CHARS_MAX: usize = 200;

/// The longest line of counts in a digest, in characters.
const COUNTS_CHARS_MAX: usize = 160;

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// One line.
    pub title: String,
    /// Further lines, without the links.
    pub body: String,
    /// One line for each link: what it is, and the address.
    pub links: Vec<(String, String)>,
}

/// A message in words, in its own language, with times of this zone. Only what the message says is told, and nothing of the
/// recipient.
pub fn render(message: &Message, zone: &TimeZone) -> Text {
    let words = Words::of(message.language);
    let drill = if message.drill { words.drill } else { "" };
    let (title, mut lines) = match (&message.content, message.alert()) {
        (_, Some(alert)) => (words.alert_title(message, alert), alert_lines(words, alert, zone)),
        (Content::Digest(digest), _) => (words.digest_title(digest), digest_lines(words, digest, zone)),
        (Content::Canary, _) => (words.canary.to_owned(), vec![words.time(&clock(message.at, zone))]),
        _ => (words.a_drill.to_owned(), vec![words.time(&clock(message.at, zone))]),
    };
    lines.extend(
        message.note.as_deref().map(|note| tidy(note, NOTE_CHARS_MAX)).filter(|note| !note.is_empty()),
    );
    let links = [(words.link, &message.link), (words.thumbnail, &message.thumbnail_link)];
    let links =
        links.into_iter().filter_map(|(what, url)| Some((what.to_owned(), url.as_ref()?.to_string())));
    Text { title: format!("{drill}{title}"), body: lines.join("\n"), links: links.collect() }
}

fn alert_lines(words: &Words, alert: &AlertSummary, zone: &TimeZone) -> Vec<String> {
    let place = words.place(&tidy(&alert.place, NAME_CHARS_MAX));
    let grid = alert
        .grid
        .as_ref()
        .map(|grid| words.grid(&tidy(&grid.name, NAME_CHARS_MAX), &tidy(&grid.code, NAME_CHARS_MAX)));
    let time = words.time(&clock(alert.opened_at, zone));
    [Some(place), grid, Some(time), Some(words.number(alert.id))].into_iter().flatten().collect()
}

/// The named ones stand before the counts: where a receiver cuts a message off, it is the counts that are cut.
fn digest_lines(words: &Words, digest: &Digest, zone: &TimeZone) -> Vec<String> {
    let named = digest.named.iter().map(|named| named_line(words, named, zone));
    let counts: Vec<String> = digest.counts.iter().map(|count| words.count(count)).collect();
    let counts = tidy(&counts.join(words.separator), COUNTS_CHARS_MAX);
    let others = (digest.others > 0).then(|| words.others(digest.others));
    named.chain((!counts.is_empty()).then_some(counts)).chain(others).collect()
}

fn named_line(words: &Words, named: &Named, zone: &TimeZone) -> String {
    let alert = &named.alert;
    let place = tidy(&alert.place, DIGEST_NAME_CHARS_MAX);
    let grid = alert.grid.as_ref().map(|grid| tidy(&grid.name, DIGEST_NAME_CHARS_MAX)).unwrap_or_default();
    let time = alert.opened_at.to_zoned(zone.clone()).strftime("%H:%M").to_string();
    let drill = if named.drill { words.drill } else { "" };
    let over = if named.over { words.over } else { "" };
    format!("{drill}{}{over} #{} {place} {grid} {time}", words.what(alert), alert.id)
}

fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A text on one line, without what would turn a reader's eye or a terminal, and not longer than that.
fn tidy(text: &str, chars_max: usize) -> String {
    let shown =
        |c: char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line: String =
        text.chars().filter(|c| shown(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    cut(line.trim(), chars_max)
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

// === impl Text ===

impl Text {
    /// The whole message in at most so many bytes of UTF-8, for receivers that count them. The body is cut before a link is:
    /// half an address is none. Links that would take more than half of the room are left out.
    pub fn fit(&self, bytes_max: usize) -> String {
        let links: String = self.links.iter().map(|(what, url)| format!("\n{what}{url}")).collect();
        let links = if links.len() > bytes_max / 2 { String::new() } else { links };
        let body = if self.body.is_empty() { String::new() } else { format!("\n{}", self.body) };
        let mut text = format!("{}{body}", self.title);
        let room = bytes_max.saturating_sub(links.len());
        if text.len() > room {
            let ellipsis = '…';
            text.truncate(text.floor_char_boundary(room.saturating_sub(ellipsis.len_utf8())));
            text.push(ellipsis);
        }
        text + &links
    }
}

#[cfg(test)]
mod tests;
