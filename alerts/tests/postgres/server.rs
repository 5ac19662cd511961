//! A PostgreSQL server of this test run alone: started once, gone with the process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{LazyLock, mpsc},
    thread,
};

use gridwatch_alerts::Database;

/// Where Debian's packages put the programs.
const DEBIAN: &str = "/usr/lib/postgresql";

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

struct Server {
    folder: PathBuf,
}

/// A database of this name, made where there is none.
pub fn database(name: &str) -> Database {
    let made = SERVER.psql("postgres", &format!("CREATE DATABASE \"{name}\""));
    assert!(made.contains("CREATE DATABASE") || made.contains("already exists"), "{made}");
    let host = SERVER.folder.display().to_string().replace('/', "%2F");
    format!("postgres://postgres@{host}/{name}").parse().unwrap()
}

/// What `psql` says to a statement.
pub fn psql(database: &str, statement: &str) -> String {
    SERVER.psql(database, statement)
}

impl Server {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("gridwatch-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let data = folder.join("data");
        run(as_postgres("initdb").args(["-A", "trust", "-U", "postgres", "-N", "-D"]).arg(&data));
        let (started, running) = mpsc::channel();
        let (socket, log) = (folder.clone(), folder.join("log"));
        // The server goes when the thread that started it goes: with the process, not with a test.
        thread::spawn(move || {
            let mut server = as_postgres("postgres");
            server.arg("-D").arg(&data).arg("-k").arg(&socket);
            server.args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=400"]);
            let log = fs::File::create(log).unwrap();
            let mut server = server.stdout(Stdio::null()).stderr(log).spawn().unwrap();
            started.send(()).unwrap();
            server.wait().unwrap();
        });
        running.recv().unwrap();
        let server = Self { folder };
        // Each try takes some hundredths of a second.
        let answers = (0..2000).any(|_| server.psql("postgres", "SELECT 1").contains("(1 row)"));
        assert!(answers, "PostgreSQL does not answer; see {}", server.folder.display());
        server
    }

    fn psql(&self, database: &str, statement: &str) -> String {
        let mut psql = Command::new(program("psql"));
        psql.arg("-h").arg(&self.folder).args(["-U", "postgres", "-d", database, "-c", statement]);
        let output = psql.output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

/// A program of the server, which refuses to be the superuser's.
fn as_postgres(name: &str) -> Command {
    if !is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "INT", "--"]).arg(program(name));
        return command;
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--pdeathsig", "INT", "--"]);
    command.arg(program(name)).current_dir("/");
    command
}

fn program(name: &str) -> PathBuf {
    let versions =
        fs::read_dir(DEBIAN).unwrap_or_else(|_| panic!("PostgreSQL is missing; make setup installs it"));
    let found = versions.filter_map(|version| Some(version.ok()?.path().join("bin").join(name)));
    found.filter(|path| path.is_file()).max().unwrap_or_else(|| Path::new(name).to_owned())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.starts_with(b"0\n")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
