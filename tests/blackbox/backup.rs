//! The database into a file while the server runs, and back once it does not.

use gridwatch_tests::server::{Setup, blind_config, said};
use serde_json::Value;

fn one_line(setup: &Setup, args: &[&str]) -> Value {
    let output = setup.run(args);
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).expect("it is text");
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).expect("the answer is JSON")
}

#[test]
fn a_running_server_is_backed_up_and_a_stopped_one_restored() {
    let setup = Setup::new(&blind_config());
    let server = setup.start();
    let saved = one_line(&setup, &["backup", "a.backup", "--json"]);
    assert_eq!((&saved["database"], &saved["tables"]["alerts"]), (&Value::from("sqlite"), &Value::from(0)));
    assert!(saved["tables"]["grids"].as_i64().is_some_and(|grids| grids > 0), "{saved}");

    let again = setup.run(&["backup", "a.backup"]);
    assert!(!again.status.success() && said(&again).contains("is not overwritten"), "{}", said(&again));
    let held = setup.run(&["restore", "a.backup", "--replace"]);
    assert!(!held.status.success() && said(&held).contains("in use by another gridwatch"), "{}", said(&held));

    let setup = server.kill();
    let full = setup.run(&["restore", "a.backup"]);
    assert!(!full.status.success() && said(&full).contains("--replace"), "{}", said(&full));
    let restored = one_line(&setup, &["restore", "a.backup", "--replace", "--json"]);
    assert_eq!(restored["tables"], saved["tables"]);
    let kept = restored["kept"].as_str().expect("the old file is named");
    assert!(std::path::Path::new(kept).is_absolute() || setup.path().join(kept).is_file(), "{kept}");
    drop(setup.start());
}
