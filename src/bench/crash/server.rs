//! The server that is killed: all that `serve` runs but the console, with a desk that takes orders on standard input.

use std::{path::Path, time::Duration};

use anyhow::Context;
use gridwatch_alerts::{AlertId, Desk, Error, OpenError, Outcome};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::order::{Answer, Deed, Order, Verdict};
use crate::{app::Station, config::Config};

/// What it says first.
pub const READY: &str = "ready";
/// How often a database is asked that still counts the process before as alive.
const TAKEN_POLL: Duration = Duration::from_millis(10);
/// Answers that wait to be written.
const ANSWERS_MAX: usize = 1024;

/// Runs the server of this configuration until standard input closes.
///
/// # Errors
/// Whatever keeps it from starting.
pub fn serve(config: &Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&Config::read(config)?))
}

#[expect(clippy::print_stdout, reason = "says that it is ready, and answers")]
async fn run(config: &Config) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let station = when_free(|| Station::start(config, None, stop.clone())).await?;
    println!("{READY}");
    let (answers, mut answered) = mpsc::channel::<String>(ANSWERS_MAX);
    let writer = tokio::task::spawn_blocking(move || {
        while let Some(line) = answered.blocking_recv() {
            println!("{line}");
        }
    });
    let channels: Vec<String> = config.channels.iter().map(|channel| channel.route.channel.clone()).collect();
    let orders = TaskTracker::new();
    let mut lines = read_lines();
    while let Some(line) = lines.recv().await {
        let order: Order = serde_json::from_str(&line).with_context(|| format!("no order: {line}"))?;
        let (desk, answers, channels) = (station.desk.clone(), answers.clone(), channels.clone());
        orders.spawn(async move {
            let answer = obey(&desk, &channels, order).await;
            // Nobody who does not read any more misses it.
            if let Ok(line) = serde_json::to_string(&answer) {
                let _ = answers.send(line).await;
            }
        });
    }
    orders.close();
    orders.wait().await;
    drop(answers);
    writer.await?;
    station.close().await;
    Ok(())
}

/// Opens a database as soon as it is free: its server may notice late that the process before is dead.
///
/// # Errors
/// Whatever else keeps it from being opened.
pub async fn when_free<T>(open: impl AsyncFn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    loop {
        match open().await {
            Err(error) if matches!(error.downcast_ref(), Some(OpenError::InUse { .. })) => {
                tokio::time::sleep(TAKEN_POLL).await;
            }
            opened => return opened,
        }
    }
}

fn read_lines() -> mpsc::Receiver<String> {
    let (lines, read) = mpsc::channel(ANSWERS_MAX);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                break;
            }
        }
    });
    read
}

async fn obey(desk: &Desk, channels: &[String], order: Order) -> Answer {
    let n = order.n;
    let (done, alert) = carry_out(desk, channels, order).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an order is to be given again");
        (Verdict::NotYet, None)
    });
    Answer { n, done, alert }
}

async fn carry_out(
    desk: &Desk,
    channels: &[String],
    order: Order,
) -> anyhow::Result<(Verdict, Option<AlertId>)> {
    match order.deed {
        Deed::Observe(sight) => {
            let outcome = desk.observe(&sight.observation()?).await?;
            Ok((Verdict::Done, alert_of(outcome)))
        }
        Deed::Act { alert, mv, mut by } => {
            by.from = order.n.to_string();
            if order.again && was_made(desk, alert, &by.from).await? {
                return Ok((Verdict::Done, None));
            }
            match desk.act(alert, mv, by, None).await {
                Ok(_) => Ok((Verdict::Done, None)),
                Err(Error::Refused(..) | Error::BadMove { .. }) => Ok((Verdict::Refused, None)),
                Err(error) => Err(error.into()),
            }
        }
        Deed::Settled => {
            let settled = settled(desk, channels).await?;
            Ok((if settled { Verdict::Done } else { Verdict::NotYet }, None))
        }
    }
}

/// Whether the timeline has a move from there: it was made, and its answer was lost.
async fn was_made(desk: &Desk, alert: AlertId, from: &str) -> Result<bool, Error> {
    Ok(desk.store().timeline(alert).await?.iter().any(|entry| entry.by.from == from))
}

async fn settled(desk: &Desk, channels: &[String]) -> Result<bool, Error> {
    if desk.next_due().await?.is_some() {
        return Ok(false);
    }
    for channel in channels {
        if desk.store().next_delivery(channel, desk.now()).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn alert_of(outcome: Outcome) -> Option<AlertId> {
    match outcome {
        Outcome::Nothing => None,
        Outcome::Noted(id)
        | Outcome::Opened(id)
        | Outcome::Updated(id)
        | Outcome::Raised(id, _)
        | Outcome::Ended(id) => Some(id),
    }
}
