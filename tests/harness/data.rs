//! Footage and models that may not be in the repository.

use std::path::PathBuf;

/// The folder that `GRIDWATCH_DATA` names. Where there is none, says so for the test named `test`, which is then
/// skipped.
pub fn or_skip(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GRIDWATCH_DATA").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: {test}: needs GRIDWATCH_DATA");
    }
    folder
}
