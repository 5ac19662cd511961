//! What a newcomer reads.

use std::path::Path;

use gridwatch_tests::server::{run_in, said};

#[test]
fn help_names_every_command_and_says_what_it_is_for() {
    let help = said(&run_in(Path::new("/"), &["--help"]));
    for expected in [
        "格哨",
        "serve",
        "check",
        "backup",
        "restore",
        "demo",
        "evidence",
        "cameras",
        "eval",
        "bench",
        "--version",
    ] {
        assert!(help.contains(expected), "{expected} is not in:\n{help}");
    }
    for (args, expected) in [
        (&["serve", "--help"][..], "--config <FILE>"),
        (&["restore", "--help"], "--replace"),
        (&["demo", "--help"], "GRIDWATCH_DATA"),
        (&["eval", "falls", "--help"], "within 15 s of the start of the fallen state"),
    ] {
        let help = said(&run_in(Path::new("/"), args));
        assert!(help.contains(expected), "{expected} is not in:\n{help}");
    }
}

#[test]
fn a_command_that_does_not_exist_is_refused_with_a_hint() {
    let output = run_in(Path::new("/"), &["serv"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("serve"), "{}", said(&output));
}
