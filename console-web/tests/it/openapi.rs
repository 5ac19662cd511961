//! The OpenAPI document in the repository is the one that the code gives.

use std::{env, fs, path::Path};

/// The web app's types are generated from the file, so a difference here is a difference between server and
/// app.
#[test]
fn the_snapshot_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let mut document = gridwatch_console::document().to_pretty_json().unwrap();
    document.push('\n');
    if env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &document).unwrap();
    }
    let snapshot = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        snapshot == document,
        "console-web/openapi.json differs from the document of the code. If the change is meant, run\n    \
         UPDATE_OPENAPI=1 cargo test -p gridwatch-console openapi\nand generate the web app's types again."
    );
}

/// A type that only a parameter has is in no answer, and easily left out.
#[test]
fn every_reference_leads_to_a_type() {
    let document = serde_json::to_value(gridwatch_console::document()).unwrap();
    let text = document.to_string();
    let references = text.split("#/components/schemas/").skip(1);
    for name in references.map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
    }
}
