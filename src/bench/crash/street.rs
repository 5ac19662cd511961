//! The street around the server: incidents that begin, orders that are given until they are answered.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, bail};
use gridwatch_ingest::Clock;
use rand::rngs::StdRng;
use tokio::time::{Instant, sleep_until};

use super::{
    audit::Acknowledged,
    case::{CASES_MAX, Case, LineNo},
    order::{Answer, Deed, Order, Verdict},
    process::Server,
    server::READY,
};

/// How often something new happens while there is a server.
const CASE_EVERY: Duration = Duration::from_millis(200);
/// How long a server may take to be ready.
const START_MAX: Duration = Duration::from_secs(30);
/// After how long an order that could not be carried out is given again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Everything outside the server.
pub struct Street {
    rng: StdRng,
    clock: Clock,
    cases: Vec<Case>,
    next_case_at: Instant,
    orders: u64,
    /// What was ordered and is not answered, by its number.
    under_way: BTreeMap<u64, UnderWay>,
    acknowledged: Acknowledged,
}

/// When a server is killed.
#[derive(Clone, Copy, Debug)]
pub enum Dies {
    /// So long after its start, ready or not.
    AfterStart(Duration),
    /// So long after it is ready.
    AfterReady(Duration),
}

struct UnderWay {
    case: usize,
    line: LineNo,
    order: Order,
    again_at: Option<Instant>,
}

impl Street {
    /// A street where nothing has happened yet.
    pub fn new(rng: StdRng, clock: Clock) -> Self {
        Self {
            rng,
            clock,
            cases: Vec::new(),
            next_case_at: Instant::now(),
            orders: 0,
            under_way: BTreeMap::new(),
            acknowledged: Acknowledged::default(),
        }
    }

    /// What was acknowledged so far.
    pub fn acknowledged(&self) -> &Acknowledged {
        &self.acknowledged
    }

    /// Keeps a server busy until it is to die. Answers whether it was ready by then.
    ///
    /// # Errors
    /// The server ends by itself, or says what nobody understands.
    pub async fn attend(&mut self, server: &mut Server, dies: Dies) -> anyhow::Result<bool> {
        let mut is_ready = false;
        let mut until = Instant::now()
            + match dies {
                Dies::AfterStart(after) => after,
                Dies::AfterReady(_) => START_MAX,
            };
        loop {
            let wake = if is_ready { until.min(self.next_case_at).min(self.next()) } else { until };
            tokio::select! {
                biased;
                () = sleep_until(until) => match dies {
                    Dies::AfterReady(_) if !is_ready => bail!("the server was not ready in time"),
                    _ => return Ok(is_ready),
                },
                line = server.lines.recv() => {
                    let line = line.context("the server has ended by itself")?;
                    if self.hear(server, &line).await? {
                        is_ready = true;
                        if let Dies::AfterReady(after) = dies {
                            until = Instant::now() + after;
                        }
                    }
                }
                () = sleep_until(wake) => {
                    if Instant::now() >= self.next_case_at && self.cases.len() < CASES_MAX {
                        self.begin();
                    }
                    self.give_due(server).await?;
                }
            }
        }
    }

    /// Hears what a server that was killed had said before.
    pub async fn last_words(&mut self, server: &mut Server) {
        while let Some(line) = server.lines.recv().await {
            if let Ok(answer) = serde_json::from_str::<Answer>(&line) {
                self.answered(&answer);
            }
        }
    }

    /// Lets everything that has begun come to its end, and waits until nothing is left that happens by itself.
    ///
    /// # Errors
    /// It does not by the limit, or the server ends by itself.
    pub async fn finish(&mut self, server: &mut Server, limit: Instant) -> anyhow::Result<()> {
        let mut is_ready = false;
        let mut asked_at = None;
        loop {
            if is_ready && self.is_over() && asked_at.is_none() {
                asked_at = Some(Instant::now());
                server.order(&Order { n: 0, again: false, deed: Deed::Settled }).await?;
            }
            let wake = if is_ready { limit.min(self.next()) } else { limit };
            tokio::select! {
                line = server.lines.recv() => {
                    let line = line.context("the server has ended by itself")?;
                    match serde_json::from_str::<Answer>(&line) {
                        Ok(Answer { n: 0, done: Verdict::Done, .. }) => return Ok(()),
                        Ok(Answer { n: 0, .. }) => {
                            tokio::time::sleep(AGAIN_AFTER).await;
                            asked_at = None;
                        }
                        _ => is_ready |= self.hear(server, &line).await?,
                    }
                }
                () = sleep_until(wake) => {
                    if Instant::now() >= limit {
                        bail!("not everything has settled in time: {} orders are under way", self.under_way.len());
                    }
                    self.give_due(server).await?;
                }
            }
            if Instant::now() >= limit {
                bail!("clocks still run or messages still wait at the end of the time");
            }
        }
    }

    fn is_over(&self) -> bool {
        self.under_way.is_empty() && self.cases.iter().all(Case::is_over)
    }

    fn begin(&mut self) {
        let now = Instant::now();
        self.next_case_at = now + CASE_EVERY;
        let case = Case::new(self.cases.len(), &mut self.rng, now, self.clock.now());
        self.cases.push(case);
    }

    /// When the next order is to be given.
    fn next(&self) -> Instant {
        let again = self.under_way.values().filter_map(|under_way| under_way.again_at);
        // An hour is longer than any of this.
        self.cases
            .iter()
            .filter_map(Case::next)
            .chain(again)
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600))
    }

    /// Takes a line of the server's. Answers whether it says that it is ready.
    async fn hear(&mut self, server: &Server, line: &str) -> anyhow::Result<bool> {
        if line == READY {
            self.acknowledged.ready_at.push(self.clock.now());
            // What the one before may have done or not.
            for under_way in self.under_way.values_mut() {
                under_way.order.again = true;
                under_way.again_at = None;
                server.order(&under_way.order).await?;
            }
            return Ok(true);
        }
        let answer = serde_json::from_str(line).with_context(|| format!("the server said {line:?}"))?;
        self.answered(&answer);
        Ok(false)
    }

    fn answered(&mut self, answer: &Answer) {
        let Some(under_way) = self.under_way.get_mut(&answer.n) else { return };
        if answer.done == Verdict::NotYet {
            under_way.again_at = Some(Instant::now() + AGAIN_AFTER);
            return;
        }
        let Some(UnderWay { case, line, order, .. }) = self.under_way.remove(&answer.n) else { return };
        let case = &mut self.cases[case];
        case.answered(line, &order.deed, answer, Instant::now());
        match (&order.deed, answer.done) {
            (Deed::Observe(_), _) => drop(self.acknowledged.seen.insert(case.spot, case.seen.clone())),
            (Deed::Act { alert, .. }, Verdict::Done) => drop(self.acknowledged.moves.insert(order.n, *alert)),
            _ => {}
        }
    }

    async fn give_due(&mut self, server: &Server) -> anyhow::Result<()> {
        let now = Instant::now();
        for under_way in self.under_way.values_mut() {
            if under_way.again_at.take_if(|at| *at <= now).is_some() {
                under_way.order.again = true;
                server.order(&under_way.order).await?;
            }
        }
        for number in 0..self.cases.len() {
            for (line, deed) in self.cases[number].due(now, self.clock.now()) {
                self.orders += 1;
                let order = Order { n: self.orders, again: false, deed };
                server.order(&order).await?;
                self.under_way.insert(order.n, UnderWay { case: number, line, order, again_at: None });
            }
        }
        Ok(())
    }
}
