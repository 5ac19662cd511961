//! `gridwatch models list`: what there is, and what of it is here.

use std::{fmt::Write, path::Path};

use anyhow::Context;
use gridwatch_inference::Role;
use serde::Serialize;

use super::{
    args::ListArgs,
    lock::Lock,
    manifest::{Entry, Manifest},
    standing::Standing,
};
use crate::config::Models;

/// A model as it is listed for programs.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    roles: Vec<&'static str>,
    /// The roles that it is used for unless the configuration says otherwise.
    default_of: Vec<&'static str>,
    family: &'a str,
    input: [usize; 2],
    licence: &'a str,
    source: &'a str,
    machine: &'a str,
    url: Option<&'a str>,
    sha256: Option<String>,
    bytes: Option<u64>,
    file: String,
    /// `ok`, `missing`, `differs` or `unknown`.
    state: &'static str,
}

/// Runs `gridwatch models list`.
///
/// # Errors
/// When a file is there and cannot be read.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &ListArgs, models: &Models) -> anyhow::Result<()> {
    let (manifest, folder) = (&models.manifest, &models.folder);
    let lock = Lock::read(folder)?;
    let standing = |entry| {
        let standing = Standing::of(entry, folder, &lock);
        standing.with_context(|| format!("cannot read {}", folder.join(&entry.file).display()))
    };
    let entries = manifest.models.iter().map(|entry| anyhow::Ok((entry, standing(entry)?)));
    let entries = entries.collect::<anyhow::Result<Vec<_>>>()?;
    if args.json {
        let listed: Vec<_> =
            entries.iter().map(|(entry, standing)| listed(entry, standing, models)).collect();
        println!("{}", serde_json::json!({ "folder": folder, "models": listed }));
    } else {
        print!("{}", table(&entries, manifest, folder));
    }
    Ok(())
}

fn listed<'a>(entry: &'a Entry, standing: &Standing, models: &Models) -> Listed<'a> {
    let default_of = entry.roles.iter().copied().filter(|role| is_default(entry, *role, &models.manifest));
    Listed {
        name: &entry.name,
        roles: entry.roles.iter().copied().map(Role::name).collect(),
        default_of: default_of.map(Role::name).collect(),
        family: &entry.family,
        input: [entry.input.width, entry.input.height],
        licence: &entry.licence,
        source: &entry.source,
        machine: &entry.machine,
        url: entry.url.as_ref().map(url::Url::as_str),
        sha256: entry.sha256.map(|digest| digest.to_string()),
        bytes: entry.bytes,
        file: models.folder.join(&entry.file).display().to_string(),
        state: standing.code(),
    }
}

fn table(entries: &[(&Entry, Standing)], manifest: &Manifest, folder: &Path) -> String {
    let rows = entries.iter().map(|(entry, standing)| {
        let roles = entry.roles.iter().map(|role| {
            format!("{}{}", role.name(), if is_default(entry, *role, manifest) { "*" } else { "" })
        });
        [
            entry.name.clone(),
            roles.collect::<Vec<_>>().join(" "),
            format!("{}×{}", entry.input.width, entry.input.height),
            entry.licence.clone(),
            in_words(entry, standing),
        ]
    });
    let head = ["model", "roles (* default)", "input", "licence", "file"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 4] = std::array::from_fn(width);
    let mut table = format!("Models in {}:\n", folder.display());
    for row in &rows {
        for (text, width) in row.iter().zip(widths) {
            let _ = write!(table, "{text:width$}  ");
        }
        let _ = writeln!(table, "{}", row[4]);
    }
    table
}

fn in_words(entry: &Entry, standing: &Standing) -> String {
    match standing {
        Standing::Right => "ok".to_owned(),
        Standing::Missing if entry.url.is_none() => "missing, and published nowhere".to_owned(),
        Standing::Missing => "missing".to_owned(),
        Standing::Differs { .. } => "differs: another file than it should be".to_owned(),
        Standing::Unknown { .. } => "unknown: there is no digest to hold it against".to_owned(),
    }
}

fn is_default(entry: &Entry, role: Role, manifest: &Manifest) -> bool {
    manifest.default_of(role).is_some_and(|default| default.name == entry.name)
}
