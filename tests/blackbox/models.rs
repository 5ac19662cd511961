//! `gridwatch models`: files that come from publishers who break off, change, lie or say nothing, and files that are wrong.

mod publisher;

use std::{
    path::Path,
    process::{Command, Output},
};

use gridwatch_tests::{
    data, program, root,
    server::{Setup, blind_config, said},
};
use publisher::{Manner, Publisher, V1, V2};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

/// The file's length.
const BYTES: usize = 200_000;
const HALF: usize = BYTES / 2;

/// A model file of one version; what is in it does not matter to pull.
fn model(version: u8) -> Vec<u8> {
    (0..BYTES).map(|i| (i % 251) as u8 ^ version).collect()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A manifest with one model, `m`, for every role.
fn manifest(more: &str) -> String {
    format!(
        "[roles]\nperson = \"m\"\nfallen = \"m\"\npose = \"m\"\ncrowd = \"m\"\n[[model]]\nname = \"m\"\nfile = \"m.onnx\"\n\
         roles = [\"person\", \"fallen\", \"pose\", \"crowd\"]\nfamily = \"contract-a\"\ninput = \"64x64\"\nscore_min = 0.3\n\
         licence = \"MIT\"\nsource = \"us\"\nmachine = \"Any.\"\n{more}"
    )
}

/// What the manifest says of a file that is known.
fn known(bytes: &[u8]) -> String {
    format!("sha256 = \"{}\"\nbytes = {}\n", digest(bytes), bytes.len())
}

/// A folder whose configuration names that manifest.
fn setup(manifest: &str) -> Setup {
    let setup = Setup::new("[models]\nmanifest = \"models.toml\"\n");
    std::fs::write(setup.path().join("models.toml"), manifest).expect("the manifest is written");
    setup
}

/// Runs `gridwatch models` in the folder, with these variables and no proxy of whoever runs the tests.
async fn models_with(setup: &Setup, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program());
    command.arg("models").args(args).current_dir(setup.path()).env("NO_COLOR", "1");
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    command.envs(variables.iter().copied());
    spawn_blocking(move || command.output().expect("gridwatch runs")).await.expect("no panic")
}

async fn models(setup: &Setup, args: &[&str]) -> Output {
    models_with(setup, args, &[]).await
}

/// The command fails, says all of this, and panics not.
fn refuses(output: &Output, expected: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for expected in expected {
        assert!(said.contains(expected), "{expected:?} is not in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

/// The state of the only model, by `list`.
async fn state(setup: &Setup) -> String {
    let output = models(setup, &["list", "--json"]).await;
    succeeds(&output);
    let listed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    listed["models"][0]["state"].as_str().expect("a state").to_owned()
}

fn there(setup: &Setup) -> Vec<u8> {
    std::fs::read(setup.path().join("models/m.onnx")).expect("the file is there")
}

/// Whatever lies in the folder for models.
fn left(setup: &Setup) -> Vec<String> {
    let entries = std::fs::read_dir(setup.path().join("models")).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_pulled_once_and_then_in_order() {
    let publisher = Publisher::start(model(1), &[]).await;
    let setup = setup(&manifest(&(publisher.url() + &known(&model(1)))));
    assert_eq!(state(&setup).await, "missing");
    let output = models(&setup, &["pull", "m"]).await;
    succeeds(&output);
    let said = said(&output);
    assert!(said.contains(&format!("m: models/m.onnx is in order, {BYTES} bytes")), "{said}");
    assert!(said.contains("50 % of 200000 bytes"), "progress for a log: {said}");
    assert_eq!((there(&setup), left(&setup)), (model(1), vec!["m.onnx".to_owned()]));
    assert_eq!(state(&setup).await, "ok");
    succeeds(&models(&setup, &["pull", "m"]).await);
    assert_eq!(publisher.asked().len(), 1, "what is there is not got again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    let publisher = Publisher::start(model(1), &[Manner::BreaksOff(HALF)]).await;
    let setup = setup(&manifest(&(publisher.url() + &known(&model(1)))));
    succeeds(&models(&setup, &["pull", "m"]).await);
    assert_eq!(there(&setup), model(1));
    let asked = publisher.asked();
    assert_eq!(asked.iter().map(|asked| asked.from).collect::<Vec<_>>(), [None, Some(HALF)]);
    assert_eq!(asked[1].if_range.as_deref(), Some(V1));
    assert_eq!(asked.iter().map(|asked| asked.sent).sum::<usize>(), BYTES, "not a byte twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_command_goes_on_where_the_last_one_gave_up() {
    let quarter = HALF / 2;
    let give_up =
        [Manner::BreaksOff(quarter), Manner::BreaksOff(0), Manner::BreaksOff(0), Manner::BreaksOff(0)];
    let publisher = Publisher::start(model(1), &give_up).await;
    let setup = setup(&manifest(&(publisher.url() + &known(&model(1)))));
    let output = models(&setup, &["pull", "m"]).await;
    refuses(&output, &["broke off (50000 bytes are here)", "the same command goes on from there"]);
    assert!(!setup.path().join("models/m.onnx").exists(), "half a file is no file");
    assert_eq!(state(&setup).await, "missing");
    succeeds(&models(&setup, &["pull", "m"]).await);
    assert_eq!(there(&setup), model(1));
    assert_eq!(publisher.asked().last().and_then(|asked| asked.from), Some(quarter));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_in_between_is_got_anew_and_not_mixed() {
    let publisher = Publisher::start(model(1), &[Manner::BreaksOff(HALF)]).await;
    publisher.then(model(2), V2);
    // Its digest is unknown: only the ETag can tell.
    let setup = setup(&manifest(&publisher.url()));
    succeeds(&models(&setup, &["pull", "m"]).await);
    assert_eq!(there(&setup), model(2));
    assert_eq!(publisher.asked()[1].if_range.as_deref(), Some(V1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_without_ranges_is_asked_for_the_whole() {
    let manners = [Manner::BreaksOff(HALF), Manner::NoRanges];
    let publisher = Publisher::start(model(1), &manners).await;
    let setup = setup(&manifest(&(publisher.url() + &known(&model(1)))));
    succeeds(&models(&setup, &["pull", "m"]).await);
    assert_eq!(there(&setup), model(1));
    assert_eq!(publisher.asked().iter().map(|asked| asked.sent).sum::<usize>(), HALF + BYTES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_refused_and_what_was_there_stays() {
    let publisher = Publisher::start(model(2), &[]).await;
    let setup = setup(&manifest(&(publisher.url() + &known(&model(1)))));
    let output = models(&setup, &["pull", "m"]).await;
    refuses(
        &output,
        &["is another file, and nothing of it was kept", &digest(&model(1)), &digest(&model(2))],
    );
    assert_eq!(left(&setup), Vec::<String>::new());

    std::fs::write(setup.path().join("models/m.onnx"), "an older model").expect("a file");
    assert_eq!(state(&setup).await, "differs");
    refuses(&models(&setup, &["pull", "m"]).await, &["is another file"]);
    assert_eq!((there(&setup), left(&setup)), (b"an older model".to_vec(), vec!["m.onnx".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_length_is_not_even_got() {
    let publisher = Publisher::start(model(1), &[]).await;
    let more = publisher.url() + &known(&model(1)).replace("bytes = 200000", "bytes = 199999");
    let setup = setup(&manifest(&more));
    refuses(&models(&setup, &["pull", "m"]).await, &["has 200000 bytes, 199999 were expected"]);
    assert_eq!(publisher.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_says_nothing_is_given_up() {
    // What comes before each silence is kept, so four short parts do not make the whole.
    for manner in [Manner::Silent, Manner::StopsAt(BYTES / 10)] {
        let publisher = Publisher::start(model(1), &[manner; 4]).await;
        let setup = setup(&manifest(&(publisher.url() + &known(&model(1)))));
        let output = models(&setup, &["pull", "m", "--timeout", "1"]).await;
        refuses(&output, &["said nothing for 1 s", "--timeout SECONDS waits longer", "--from DIR"]);
        assert_eq!(publisher.asked().len(), 4, "it is tried again, and not for ever");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_says_no_or_is_not_there_is_named_with_the_next_step() {
    let publisher = Publisher::start(model(1), &[Manner::Missing]).await;
    let setup_of = |url: &str| setup(&manifest(&(url.to_owned() + &known(&model(1)))));
    let setup = setup_of(&publisher.url());
    let output = models(&setup, &["pull", "m"]).await;
    refuses(&output, &["/m.onnx answers 404 Not Found; try again later, or copy m.onnx into models"]);
    assert_eq!(publisher.asked().len(), 1, "asking again would not help");

    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let setup = setup_of(&format!("url = \"http://user:s3cret@{closed}/m.onnx?token=s3cret\"\n"));
    let output = models(&setup, &["pull", "m"]).await;
    refuses(
        &output,
        &[&format!("cannot reach http://{closed}/m.onnx"), "copy m.onnx into models, or name a folder"],
    );
    assert!(!said(&output).contains("s3cret"), "{}", said(&output));

    let setup = setup_of("");
    refuses(&models(&setup, &["pull", "m"]).await, &["m is published nowhere", "copy m.onnx into models"]);
    refuses(&models(&setup, &["pull", "other"]).await, &["there is no model \"other\"", "there are m"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_is_asked() {
    let publisher = Publisher::start(model(1), &[]).await;
    let setup = setup(&manifest(&format!("url = \"http://models.invalid/m.onnx\"\n{}", known(&model(1)))));
    let proxy = format!("http://{}", publisher.address());
    succeeds(&models_with(&setup, &["pull", "m"], &[("HTTP_PROXY", &proxy)]).await);
    assert_eq!(publisher.asked()[0].target, "http://models.invalid/m.onnx");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_that_nobody_knows_is_recorded_and_then_held() {
    let publisher = Publisher::start(model(1), &[]).await;
    let setup = setup(&manifest(&publisher.url()));
    let output = models(&setup, &["pull", "m"]).await;
    succeeds(&output);
    assert!(said(&output).contains("now recorded in models/models.lock.toml"), "{}", said(&output));
    assert_eq!(left(&setup), ["m.onnx", "models.lock.toml"]);
    assert_eq!(state(&setup).await, "ok");

    std::fs::write(setup.path().join("models/m.onnx"), "something else").expect("a file");
    assert_eq!(state(&setup).await, "differs");
    publisher.then(model(2), V2);
    let output = models(&setup, &["pull", "m"]).await;
    refuses(&output, &[&digest(&model(1)), &digest(&model(2)), "remove the section m there"]);
    publisher.then(model(1), V1);
    succeeds(&models(&setup, &["pull", "m"]).await);
    assert_eq!(there(&setup), model(1));

    std::fs::remove_file(setup.path().join("models/models.lock.toml")).expect("it is there");
    assert_eq!(state(&setup).await, "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_takes_the_networks_place() {
    let setup = setup(&manifest(&known(&model(1))));
    let usb = setup.path().join("usb");
    std::fs::create_dir(&usb).expect("a folder");
    refuses(
        &models(&setup, &["pull", "m", "--from", "usb"]).await,
        &["cannot read usb/m.onnx: No such file"],
    );
    std::fs::write(usb.join("m.onnx"), model(2)).expect("a file");
    refuses(
        &models(&setup, &["pull", "m", "--from", "usb"]).await,
        &["what usb gives for m is another file"],
    );
    std::fs::write(usb.join("m.onnx"), [model(1), model(1)].concat()).expect("a file");
    refuses(&models(&setup, &["pull", "m", "--from", "usb"]).await, &["has more than 200000 bytes"]);
    std::fs::write(usb.join("m.onnx"), model(1)).expect("a file");
    succeeds(&models(&setup, &["pull", "m", "--from", "usb", "--to", "elsewhere"]).await);
    assert_eq!(std::fs::read(setup.path().join("elsewhere/m.onnx")).expect("the file"), model(1));

    let config = "[models]\nmanifest = \"models.toml\"\noffline = \"usb\"\n";
    std::fs::write(setup.path().join("gridwatch.toml"), config).expect("a file");
    succeeds(&models(&setup, &["pull", "m"]).await);
    assert_eq!((there(&setup), left(&setup)), (model(1), vec!["m.onnx".to_owned()]));
}

/// A folder whose manifest's only model is this fixture.
fn setup_of_fixture(fixture: &str, input: &str) -> (Setup, String) {
    let file = root().join("tests/fixtures").join(fixture);
    let bytes = std::fs::read(&file).expect("the fixture is there");
    let setup = setup(&manifest(&known(&bytes)).replace("64x64", input));
    let folder = setup.path().join("models");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("m.onnx"), bytes).expect("a file");
    (setup, file.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_told_what_it_is_good_for() {
    let (setup, file) = setup_of_fixture("person.onnx", "64x64");
    let output = models(&setup, &["check", &file, "--json"]).await;
    succeeds(&output);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&answer["ok"], &answer["model"]), (&Value::Bool(true), &"m".into()), "known by its digest");
    assert_eq!((&answer["family"], &answer["input"]), (&"contract-a".into(), &serde_json::json!([64, 64])));
    let output = models(&setup, &["check", &file]).await;
    let said_of_file = said(&output);
    for expected in ["contract A, 64×64", "`boxes`, float32 [", "usable   as person, fallen", ": it is m"] {
        assert!(said_of_file.contains(expected), "{expected:?} is not in:\n{said_of_file}");
    }

    let fallen = root().join("tests/fixtures/fallen.onnx").display().to_string();
    let output = models(&setup, &["check", &fallen]).await;
    succeeds(&output);
    assert!(said(&output).contains("the manifest does not know it"), "{}", said(&output));

    let misfit = root().join("tests/fixtures/misfit.onnx").display().to_string();
    let output = models(&setup, &["check", &misfit]).await;
    refuses(
        &output,
        &["misfit.onnx does not fit: expected for person one of contract A", ", found outputs `logits`"],
    );
    std::fs::copy(&fallen, setup.path().join("m.onnx")).expect("a copy");
    let output = models(&setup, &["check", "m.onnx"]).await;
    refuses(&output, &["it has the name of m and is another file: that named by the manifest is"]);
    refuses(&models(&setup, &["check", "no.onnx"]).await, &["cannot read the model no.onnx: No such file"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_model_is_held_against_the_manifest_before_the_server_starts() {
    let server = blind_config();
    let (server, _) = server.split_once("[models.person]").expect("the models come last");
    let by_name = format!(
        "{server}[models]\nmanifest = \"models.toml\"\n[models.person]\nmodel = \"m\"\n[models.fallen]\nmodel = \"m\"\n"
    );
    let check = |setup: &Setup| {
        std::fs::write(setup.path().join("gridwatch.toml"), &by_name).expect("a file");
        setup.run(&["check", "--config", "gridwatch.toml"])
    };
    let (setup, _) = setup_of_fixture("person.onnx", "64x64");
    let output = check(&setup);
    succeeds(&output);

    let (setup, _) = setup_of_fixture("person.onnx", "640x384");
    refuses(
        &check(&setup),
        &[
            "is not the model m as the manifest has it",
            "expected an input 640 wide and 384 high, found one 64 wide",
        ],
    );

    let fallen = std::fs::read(root().join("tests/fixtures/fallen.onnx")).expect("the fixture is there");
    std::fs::write(setup.path().join("models/m.onnx"), &fallen).expect("a file");
    let person = std::fs::read(root().join("tests/fixtures/person.onnx")).expect("the fixture is there");
    refuses(&check(&setup), &["is not the model m: its SHA-256 is", &digest(&fallen), &digest(&person)]);

    std::fs::remove_file(setup.path().join("models/m.onnx")).expect("it is there");
    refuses(&check(&setup), &["the model m is not at", "`gridwatch models pull m --from DIR` copies it"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_says_of_the_real_files_what_they_are() {
    let Some(data) = data::or_skip("the_manifest_says_of_the_real_files_what_they_are") else { return };
    let setup = Setup::new(&format!("[models]\nfolder = \"{}\"\n", data.join("models").display()));
    let output = models(&setup, &["list", "--json"]).await;
    succeeds(&output);
    let listed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let here: Vec<&Value> = listed["models"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|model| model["state"] != "missing")
        .collect();
    assert!(here.len() >= 10, "{listed}");
    for model in here {
        let file = model["file"].as_str().expect("a path");
        assert_eq!(model["state"], "ok", "{model}");
        let bytes = Path::new(file).metadata().expect("it is there").len();
        assert_eq!(model["bytes"].as_u64(), Some(bytes), "{model}");
        let output = models(&setup, &["check", file, "--json"]).await;
        succeeds(&output);
        let graph: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(graph["model"], model["name"]);
        assert_eq!(
            (&graph["family"], &graph["input"]),
            (&model["family"], &model["input"]),
            "{graph} {model}"
        );
        let can = graph["roles"].as_array().expect("a list");
        for role in model["roles"].as_array().expect("a list") {
            assert!(can.contains(role), "{model} cannot serve as {role}: {graph}");
        }
    }
}
