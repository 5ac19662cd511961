//! Reads a TOML file setting by setting and keeps every mistake, each with its line.

use std::{cell::RefCell, collections::BTreeSet, fmt, ops::RangeInclusive, rc::Rc};

use toml_edit::{Document, Item, Table, Value};

/// One mistake in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1; 0 where the mistake is something that is not there.
    pub line: usize,
    /// The setting, as `section.key`.
    pub key: String,
    /// What is there.
    pub found: String,
    /// What may be there.
    pub allowed: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{}: found {}; allowed: {}", self.key, self.found, self.allowed)
    }
}

/// The file while it is read.
pub(crate) struct Reader {
    mistakes: RefCell<Vec<Mistake>>,
    line_starts: Vec<usize>,
}

impl Reader {
    /// Parses the text; one mistake if it is no TOML at all.
    pub(crate) fn parse(text: &str) -> Result<(Rc<Self>, Document<String>), Mistake> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let reader = Self { mistakes: RefCell::default(), line_starts };
        match Document::parse(text.to_owned()) {
            Ok(document) => Ok((Rc::new(reader), document)),
            Err(error) => Err(Mistake {
                line: error.span().map_or(0, |span| reader.line(span.start)),
                key: "file".to_owned(),
                found: error.message().replace('\n', ", "),
                allowed: "TOML: [section] lines and key = value lines".to_owned(),
            }),
        }
    }

    /// All mistakes so far, in the order of their lines.
    pub(crate) fn into_mistakes(self: Rc<Self>) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.take();
        mistakes.sort_by(|a, b| (a.line, &a.key).cmp(&(b.line, &b.key)));
        mistakes
    }

    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }
}

/// One section of the file. Dropping it reports the keys that nobody asked for.
pub(crate) struct Section<'a> {
    reader: Rc<Reader>,
    path: String,
    table: Option<&'a Table>,
    line: usize,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(crate) fn root(reader: &Rc<Reader>, table: &'a Table) -> Self {
        Self {
            reader: reader.clone(),
            path: String::new(),
            table: Some(table),
            line: 0,
            known: RefCell::default(),
        }
    }

    /// The section `[name]`; empty if it is not there.
    pub(crate) fn section(&self, name: &'static str) -> Section<'a> {
        let table = self.item(name).and_then(|item| {
            let table = item.as_table();
            if table.is_none() {
                self.mistake(name, self.item_line(item), describe(item), format!("a section [{name}]"));
            }
            table
        });
        self.child(name.to_owned(), table)
    }

    /// Whether it stands in the file.
    pub(crate) fn is_given(&self) -> bool {
        self.table.is_some()
    }

    /// Where it begins.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// All that stands in it, for whoever knows its settings better than this reader.
    pub(crate) fn into_json(mut self) -> serde_json::Value {
        self.table.take().map(table_to_json).unwrap_or_default()
    }

    /// A setting that is not as it must be, in whose place stands what is not shown.
    pub(crate) fn wrong(&self, key: &str, line: usize, found: String) {
        self.mistake(key, line, found, "what docs/operating.md says of this kind of channel".to_owned());
    }

    /// The sections `[[name]]`.
    pub(crate) fn sections(&self, name: &'static str) -> Vec<Section<'a>> {
        let Some(item) = self.item(name) else { return Vec::new() };
        let Some(tables) = item.as_array_of_tables() else {
            self.mistake(name, self.item_line(item), describe(item), format!("sections [[{name}]]"));
            return Vec::new();
        };
        let numbered = tables.iter().enumerate();
        numbered.map(|(i, table)| self.child(format!("{name}[{}]", i + 1), Some(table))).collect()
    }

    /// A number within `range`, or `default`.
    pub(crate) fn number(&self, key: &'static str, range: RangeInclusive<f64>, default: f64) -> f64 {
        self.number_if_given(key, range).unwrap_or(default)
    }

    /// A number within `range`, if it is given.
    pub(crate) fn number_if_given(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let allowed = format!("a number from {} to {}", range.start(), range.end());
        self.value(key, &allowed, |value| {
            let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))?;
            range.contains(&number).then_some(number)
        })
    }

    /// A whole number within `range`, or `default`.
    pub(crate) fn whole(&self, key: &'static str, range: RangeInclusive<i64>, default: i64) -> i64 {
        self.whole_if_given(key, range).unwrap_or(default)
    }

    /// A whole number within `range`, if it is given.
    pub(crate) fn whole_if_given(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let read = |value: &Value| value.as_integer().filter(|number| range.contains(number));
        self.value(key, &allowed, read)
    }

    /// `true` or `false`, or `default`.
    pub(crate) fn flag(&self, key: &'static str, default: bool) -> bool {
        self.value(key, "true or false", Value::as_bool).unwrap_or(default)
    }

    /// A text that `read` accepts, if it is given.
    pub(crate) fn text<T>(
        &self,
        key: &'static str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.value(key, allowed, |value| value.as_str().and_then(read))
    }

    /// As [`Section::text`], and a mistake if it is not given. Never shows the value: for addresses and passwords.
    pub(crate) fn secret<T>(
        &self,
        key: &'static str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let item = self.item(key)?;
        let read = item.as_str().and_then(read);
        if read.is_none() {
            self.mistake(
                key,
                self.item_line(item),
                "something else (not shown)".to_owned(),
                allowed.to_owned(),
            );
        }
        read
    }

    /// A list of lists of `N` numbers, if it is given.
    pub(crate) fn points<const N: usize>(&self, key: &'static str, allowed: &str) -> Option<Vec<[f64; N]>> {
        let number =
            |value: &Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
        let point = |value: &Value| -> Option<[f64; N]> {
            let numbers: Option<Vec<f64>> = value.as_array()?.iter().map(number).collect();
            numbers?.try_into().ok()
        };
        self.value(key, allowed, |value| value.as_array()?.iter().map(point).collect())
    }

    /// A list of texts that `read` accepts; empty if it is not given.
    pub(crate) fn texts<T>(
        &self,
        key: &'static str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let list = |value: &Value| value.as_array()?.iter().map(|text| read(text.as_str()?)).collect();
        self.value(key, allowed, list).unwrap_or_default()
    }

    /// Reports that `key` is missing, unless it was given (rightly or wrongly).
    pub(crate) fn require(&self, key: &'static str, allowed: &str) {
        if self.item(key).is_none() {
            self.mistake(key, self.line, "nothing".to_owned(), allowed.to_owned());
        }
    }

    /// Reports a mistake of `keys[0]` that shows only when several settings are read together. The line is that of the
    /// first key that was given.
    pub(crate) fn contradiction<const N: usize>(
        &self,
        keys: [&'static str; N],
        found: String,
        allowed: &str,
    ) {
        let line = keys.iter().find_map(|key| self.item(key)).map_or(self.line, |item| self.item_line(item));
        self.mistake(keys[0], line, found, allowed.to_owned());
    }

    fn value<T>(
        &self,
        key: &'static str,
        allowed: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let item = self.item(key)?;
        let read = item.as_value().and_then(read);
        if read.is_none() {
            self.mistake(key, self.item_line(item), describe(item), allowed.to_owned());
        }
        read
    }

    fn item(&self, key: &'static str) -> Option<&'a Item> {
        self.known.borrow_mut().insert(key);
        self.table.and_then(|table| table.get(key))
    }

    fn child(&self, name: String, table: Option<&'a Table>) -> Section<'a> {
        let path = if self.path.is_empty() { name } else { format!("{}.{name}", self.path) };
        let line = table.and_then(Table::span).map_or(0, |span| self.reader.line(span.start));
        Section { reader: self.reader.clone(), path, table, line, known: RefCell::default() }
    }

    fn item_line(&self, item: &Item) -> usize {
        item.span().map_or(self.line, |span| self.reader.line(span.start))
    }

    fn mistake(&self, key: &str, line: usize, found: String, allowed: String) {
        let key = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.reader.mistakes.borrow_mut().push(Mistake { line, key, found, allowed });
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        let Some(table) = self.table else { return };
        let known = self.known.take();
        for (key, item) in table.iter().filter(|(key, _)| !known.contains(key)) {
            let allowed = known.iter().copied().collect::<Vec<_>>().join(", ");
            let line = table.key(key).and_then(toml_edit::Key::span).map(|span| self.reader.line(span.start));
            let line = line.unwrap_or_else(|| self.item_line(item));
            self.mistake(key, line, "a setting that does not exist".to_owned(), allowed);
        }
    }
}

fn table_to_json(table: &Table) -> serde_json::Value {
    table.iter().map(|(key, item)| (key.to_owned(), item_to_json(item))).collect()
}

fn item_to_json(item: &Item) -> serde_json::Value {
    match item {
        Item::None => serde_json::Value::Null,
        Item::Value(value) => value_to_json(value),
        Item::Table(table) => table_to_json(table),
        Item::ArrayOfTables(tables) => tables.iter().map(table_to_json).collect(),
    }
}

fn value_to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::String(text) => text.value().as_str().into(),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::Boolean(flag) => (*flag.value()).into(),
        Value::Datetime(time) => time.value().to_string().into(),
        Value::Array(values) => values.iter().map(value_to_json).collect(),
        Value::InlineTable(table) => {
            table.iter().map(|(key, value)| (key.to_owned(), value_to_json(value))).collect()
        }
    }
}

/// What stands there, short enough for a line.
fn describe(item: &Item) -> String {
    let text = match item {
        Item::Value(value) => value.to_string().trim().to_owned(),
        Item::Table(_) => "a section".to_owned(),
        Item::ArrayOfTables(_) => "a list of sections".to_owned(),
        Item::None => "nothing".to_owned(),
    };
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}
