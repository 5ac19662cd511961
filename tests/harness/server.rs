//! The gridwatch program at work.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{PATIENCE, clip_cache, program, root};

/// A folder with a configuration, and the program that runs with it.
pub struct Server {
    folder: Arc<TempDir>,
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
}

/// A configuration without cameras that listens on any port, keeps its database and grids beside itself, evidence in
/// `evidence`, and looks with these two models. More sections may follow.
pub fn config(person: &str, fallen: &str, evidence: &str) -> String {
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[store]\ndatabase = \"gridwatch.db\"\nevidence = \"{evidence}\"\n\
         [grids]\nfile = \"grids.geojson\"\n\
         [models.person]\nfile = \"{person}\"\n[models.fallen]\nfile = \"{fallen}\"\n"
    )
}

/// As [`config`], with models that see nobody: for tests that are not about seeing.
pub fn blind_config() -> String {
    let model = |name: &str| root().join("tests/fixtures").join(name).display().to_string();
    config(&model("person.onnx"), &model("fallen.onnx"), "evidence")
}

/// A folder with a configuration that nothing runs with yet.
#[derive(Clone)]
pub struct Setup {
    folder: Arc<TempDir>,
}

// === impl Setup ===

impl Setup {
    /// A folder with `config` as its configuration and the test street's grid tree.
    pub fn new(config: &str) -> Self {
        let folder = Arc::new(TempDir::new().expect("a temporary folder"));
        std::fs::write(folder.path().join("gridwatch.toml"), config).expect("the configuration is written");
        std::fs::copy(root().join("tests/fixtures/grids.geojson"), folder.path().join("grids.geojson"))
            .expect("the grid tree is copied");
        Self { folder }
    }

    /// Where the configuration and what it names lies.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the program and waits until the wall is open.
    pub fn start(&self) -> Server {
        self.start_as(Command::new(program()))
    }

    /// As [`Setup::start`], by `command`: the program, or one that becomes it.
    pub fn start_as(&self, mut command: Command) -> Server {
        let config = self.path().join("gridwatch.toml");
        command.arg("serve").arg("--config").arg(config);
        Server::open(command, self.folder.clone())
    }

    /// Runs a command of the program in this folder to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        run_in(self.path(), args)
    }
}

/// Runs a command of the program in `folder` to its end.
pub fn run_in(folder: &Path, args: &[&str]) -> Output {
    Command::new(program())
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("gridwatch runs")
}

/// What a command said: standard output and standard error.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

// === impl Server ===

impl Server {
    /// `gridwatch demo` in a folder of its own, with the footage and models of `data` or with none.
    pub fn demo(data: Option<&Path>) -> Self {
        let folder = Arc::new(TempDir::new().expect("a temporary folder"));
        // Prepared clips are kept between runs.
        std::os::unix::fs::symlink(clip_cache(), folder.path().join("clips")).expect("the link is made");
        let mut command = Command::new(program());
        command.args(["demo", "--listen", "127.0.0.1:0", "--folder"]).arg(folder.path());
        match data {
            Some(data) => command.env("GRIDWATCH_DATA", data),
            None => command.env_remove("GRIDWATCH_DATA"),
        };
        Self::open(command, folder)
    }

    /// Starts `command`, which runs in `folder`, and waits until the wall is open.
    fn open(mut command: Command, folder: Arc<TempDir>) -> Self {
        command.env("NO_COLOR", "1").stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().expect("gridwatch starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (opened, address) = mpsc::channel();
        let lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let written = log.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("the wall is open address=") {
                    let address = rest.split_whitespace().next().unwrap_or_default().to_owned();
                    // Only the first is waited for.
                    let _ = opened.send(address);
                }
                let mut written = written.lock().expect("no writer panics");
                written.push_str(&line);
                written.push('\n');
            }
        });
        let address = address.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("gridwatch did not open the wall:\n{}", log.lock().expect("no writer panics"))
        });
        Self { folder, child, address, log }
    }

    /// Where it listens, as host:port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The folder it runs with.
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// GETs JSON, which must come with status 200.
    pub async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(self.url(path)).await.expect("the server answers");
        assert_eq!(answer.status(), 200, "GET {path}");
        answer.json().await.expect("the answer is JSON")
    }

    /// GETs a file, which must come with status 200 and this type.
    pub async fn file(&self, path: &str, content_type: &str) -> Vec<u8> {
        let answer = reqwest::get(self.url(path)).await.expect("the server answers");
        assert_eq!(answer.status(), 200, "GET {path}");
        assert_eq!(answer.headers()["content-type"], content_type, "GET {path}");
        answer.bytes().await.expect("the file comes").to_vec()
    }

    /// All alerts, newest first.
    pub async fn alerts(&self) -> Vec<Value> {
        self.get("/api/alerts").await["alerts"].as_array().expect("a list").clone()
    }

    /// One camera.
    pub async fn camera(&self, id: &str) -> Value {
        let cameras = self.get("/api/cameras").await["cameras"].as_array().expect("a list").clone();
        cameras.into_iter().find(|camera| camera["id"] == id).unwrap_or_else(|| panic!("no camera {id}"))
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no writer panics").clone()
    }

    /// Ends it with SIGKILL, as a power cut would, and gives its folder for the next start.
    pub fn kill(mut self) -> Setup {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        Setup { folder: self.folder.clone() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            println!("--- gridwatch's log ---\n{}", self.log());
        }
    }
}
