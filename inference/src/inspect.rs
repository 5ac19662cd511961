//! What a model file is, without putting it to work.

use std::path::Path;

use ort::session::{Session, builder::GraphOptimizationLevel};

use crate::{
    family::{Graph, Layout, Misfit, Port},
    letterbox::InputSize,
    model::{ModelError, Role},
    runtime::Runtime,
};

/// What a model file is, told from its graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The name of its family, as in a model manifest.
    pub family: &'static str,
    /// What people call the family.
    pub title: &'static str,
    /// What it can be used for.
    pub roles: Vec<Role>,
    /// Its input, in pixels.
    pub size: InputSize,
    /// It takes one picture at a time, so that batches are no faster.
    pub one_row: bool,
    /// Its inputs, each with name and sizes, for people.
    pub inputs: Vec<String>,
    /// Its outputs, likewise.
    pub outputs: Vec<String>,
}

/// Finds out what a file is. It is loaded as it stands, nothing is optimised: that is quick, and no session to work with.
/// `wanted` is the input that it must have, or is to have where it leaves that open.
///
/// # Errors
/// When the file is missing or broken, or can be used for nothing: then with what would have fitted.
pub fn inspect(runtime: &Runtime, file: &Path, wanted: Option<InputSize>) -> Result<Inspection, ModelError> {
    let mut session = open(runtime, file)?;
    let recognised = Role::ALL.map(|role| (role, Layout::of(&mut session, role, wanted)));
    let roles: Vec<Role> =
        recognised.iter().filter(|(_, layout)| layout.is_ok()).map(|(role, _)| *role).collect();
    let layout = recognised.iter().find_map(|(_, layout)| layout.as_ref().ok()).cloned();
    let Some(Layout { family, input, one_row, .. }) = layout else {
        let misfits: Vec<Misfit> = recognised.into_iter().filter_map(|(_, layout)| layout.err()).collect();
        // Where only the size is wrong, what other roles would take helps nobody.
        let size = misfits.iter().find(|misfit| misfit.of_size).cloned();
        return Err(misfit(file, size.map_or(misfits, |misfit| vec![misfit])));
    };
    let graph = Graph::of(&session);
    let in_words = |ports: &[Port]| ports.iter().map(Port::to_string).collect();
    Ok(Inspection {
        family: family.name,
        title: family.title,
        roles,
        size: input.size,
        one_row,
        inputs: in_words(&graph.inputs),
        outputs: in_words(&graph.outputs),
    })
}

fn open(runtime: &Runtime, file: &Path) -> Result<Session, ModelError> {
    // ONNX Runtime's own message for a missing file does not say what the system said.
    std::fs::File::open(file).map_err(|source| ModelError::File { file: file.to_owned(), source })?;
    let opened = || -> Result<Session, String> {
        let builder = Session::builder(&runtime.environment).map_err(|e| e.to_string())?;
        let mut builder =
            builder.with_optimization_level(GraphOptimizationLevel::Disable).map_err(|e| e.to_string())?;
        builder.commit_from_file(file).map_err(|e| e.to_string())
    };
    opened().map_err(|what| ModelError::Broken { file: file.to_owned(), what })
}

/// One error out of those of all roles, each of which expected something else.
fn misfit(file: &Path, misfits: Vec<Misfit>) -> ModelError {
    let (mut all_expected, mut found) = (Vec::new(), String::new());
    for misfit in misfits {
        if !all_expected.contains(&misfit.expected) {
            all_expected.push(misfit.expected);
        }
        found = misfit.found;
    }
    ModelError::Misfit { file: file.to_owned(), expected: all_expected.join("; or "), found }
}
