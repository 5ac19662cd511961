//! The server as a process that is started, spoken to and killed.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::Stdio,
};

use anyhow::Context;
use tokio::sync::mpsc;

use super::order::Order;
use crate::bench::helper::{Running, this_program};

/// Lines that wait on either side.
const LINES_MAX: usize = 1024;

/// A server that runs; killed when it is dropped.
pub struct Server {
    process: Running,
    orders: mpsc::Sender<String>,
    /// What it says, to its last word.
    pub lines: mpsc::Receiver<String>,
}

impl Server {
    /// Starts one with this configuration.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(config: &Path) -> anyhow::Result<Self> {
        let not_started = "the server does not start";
        let mut command = this_program()?;
        command.args(["bench", "crash-server"]).arg(config).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Running(command.spawn().context(not_started)?);
        let mut stdin = process.0.stdin.take().context(not_started)?;
        let stdout = process.0.stdout.take().context(not_started)?;
        let (orders, mut ordered) = mpsc::channel::<String>(LINES_MAX);
        std::thread::spawn(move || {
            while let Some(line) = ordered.blocking_recv() {
                // A dead server takes no orders; they are given to the next one.
                if writeln!(stdin, "{line}").is_err() {
                    break;
                }
            }
        });
        let (said, lines) = mpsc::channel(LINES_MAX);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if said.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { process, orders, lines })
    }

    /// Gives an order; to a dead server that is nothing.
    ///
    /// # Errors
    /// The order cannot be written as a line.
    pub async fn order(&self, order: &Order) -> anyhow::Result<()> {
        let line = serde_json::to_string(order)?;
        let _ = self.orders.send(line).await;
        Ok(())
    }

    /// Kills it at once, by SIGKILL. What it has said can still be heard.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.0.kill().context("the server cannot be killed")?;
        self.process.0.wait().context("the server does not die")?;
        Ok(())
    }

    /// Lets it end by itself, and waits for it.
    ///
    /// # Errors
    /// It ends badly.
    pub async fn end(mut self) -> anyhow::Result<()> {
        drop(self.orders);
        let status = tokio::task::spawn_blocking(move || self.process.0.wait()).await??;
        anyhow::ensure!(status.success(), "the server ended badly: {status}");
        Ok(())
    }
}
