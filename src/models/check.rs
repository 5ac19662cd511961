//! `gridwatch models check`: what a file is, and what it is good for.

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use gridwatch_inference::{Inspection, Role, Runtime, inspect};
use serde::Serialize;

use super::{
    args::CheckArgs,
    digest::Digest,
    lock::Lock,
    manifest::Entry,
    standing::{Expected, Standing},
};
use crate::config::Models;

/// What was found out about a file, for programs.
#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    family: &'static str,
    roles: Vec<&'static str>,
    inputs: &'a [String],
    outputs: &'a [String],
    input: [usize; 2],
    /// Whether pictures go through it one at a time.
    one_at_a_time: bool,
    sha256: String,
    /// The model of the manifest that it is, or that has its name.
    model: Option<&'a str>,
    /// `ok`, `differs` or `unknown`.
    digest: &'static str,
}

/// Runs `gridwatch models check`. The exit code says whether the file can be used and is what the manifest says.
///
/// # Errors
/// When the file cannot be read or fits no family, or ONNX Runtime is missing.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &CheckArgs, models: &Models) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::load(models.runtime.clone())?;
    let graph = inspect(&runtime, &args.file, None)?;
    let found = Digest::of(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let entry = entry_of(&args.file, found, models);
    let standing = match entry {
        Some(entry) => {
            let folder = args.file.parent().unwrap_or(Path::new(""));
            Standing::of_digest(found, Expected::of(entry, &Lock::read(folder)?))
        }
        None => Standing::Unknown { found },
    };
    let ok = !matches!(standing, Standing::Differs { .. });
    if args.json {
        let checked = Checked {
            ok,
            family: graph.family,
            roles: graph.roles.iter().copied().map(Role::name).collect(),
            inputs: &graph.inputs,
            outputs: &graph.outputs,
            input: [graph.size.width, graph.size.height],
            one_at_a_time: graph.one_row,
            sha256: found.to_string(),
            model: entry.map(|entry| entry.name.as_str()),
            digest: standing.code(),
        };
        println!("{}", serde_json::to_string(&checked)?);
    } else {
        println!("{}", in_words(&args.file, &graph));
        println!("  SHA-256  {found}: {}", digest_in_words(entry, &standing));
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The model that the file is, by its digest, or else the one whose file has its name.
fn entry_of<'a>(file: &Path, found: Digest, models: &'a Models) -> Option<&'a Entry> {
    let entries = &models.manifest.models;
    let named = || entries.iter().find(|entry| file.file_name().is_some_and(|name| *name == *entry.file));
    entries.iter().find(|entry| entry.sha256 == Some(found)).or_else(named)
}

fn in_words(file: &Path, graph: &Inspection) -> String {
    let Inspection { title, roles, size, one_row, inputs, outputs, .. } = graph;
    let roles: Vec<&str> = roles.iter().copied().map(Role::name).collect();
    let batch = if *one_row { "one picture at a time" } else { "many pictures at once" };
    format!(
        "{}: {title}, {}×{}, {batch}\n  inputs   {}\n  outputs  {}\n  usable   as {}",
        file.display(),
        size.width,
        size.height,
        inputs.join(", "),
        outputs.join(", "),
        roles.join(", ")
    )
}

fn digest_in_words(entry: Option<&Entry>, standing: &Standing) -> String {
    match (entry, standing) {
        (Some(entry), Standing::Right) => format!("it is {}", entry.name),
        (Some(entry), Standing::Differs { expected, .. }) => format!(
            "it has the name of {} and is another file: that {} is {}",
            entry.name,
            expected.origin(),
            expected.digest
        ),
        (Some(entry), _) => format!("it has the name of {}, whose digest nobody knows", entry.name),
        (None, _) => "the manifest does not know it".to_owned(),
    }
}
