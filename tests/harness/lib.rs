//! What the black-box tests share: the gridwatch program as a child process, simulated cameras, and a WebSocket client.
//!
//! Nothing here knows the inside of any crate: it types commands, writes files, and speaks HTTP and WebSocket.

pub mod data;
pub mod push_service;
pub mod receiver;
pub mod server;
pub mod socket;
pub mod street;

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use tokio::sync::{Mutex, MutexGuard};

/// How long a test waits for something that is bound to come before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Holds the whole machine for one test: real time matters to the tests that watch people fall.
pub async fn whole_machine() -> MutexGuard<'static, ()> {
    static TURN: OnceLock<Mutex<()>> = OnceLock::new();
    TURN.get_or_init(Mutex::default).lock().await
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// Where prepared clips are kept between runs.
pub fn clip_cache() -> PathBuf {
    let cache = std::env::var_os("GRIDWATCH_CACHE").map_or_else(|| root().join(".cache"), PathBuf::from);
    let folder = cache.join("test-clips");
    std::fs::create_dir_all(&folder).expect("the cache folder is made");
    folder
}

/// The gridwatch program that was built with these tests.
pub fn program() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let program = target.join("debug/gridwatch");
    assert!(program.is_file(), "{} is missing: build it first, as `make test` does", program.display());
    program
}

/// Asks again and again until `ask` has an answer, and fails the test when it takes too long.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut again = tokio::time::interval(Duration::from_millis(100));
    let answer = async {
        loop {
            again.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
}
