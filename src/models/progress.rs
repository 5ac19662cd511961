//! How far a download is, for whoever waits.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{bar:30} {percent:>3} %  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// A bar on a terminal; elsewhere a line at each quarter, because a bar in a log is noise.
pub enum Progress {
    /// On a terminal.
    Bar(ProgressBar),
    /// In a log: how many quarters were told.
    Lines(u64),
}

// === impl Progress ===

impl Progress {
    /// For standard error, where this goes.
    pub fn new() -> Self {
        if !stderr().is_terminal() {
            return Self::Lines(0);
        }
        let bar = ProgressBar::no_length();
        // A template that cannot be read would leave the library's own, which is as good.
        match ProgressStyle::with_template(TEMPLATE) {
            Ok(style) => Self::Bar(bar.with_style(style)),
            Err(_) => Self::Bar(bar),
        }
    }

    /// So many bytes are here, of so many if that is known.
    pub fn at(&mut self, bytes: u64, total: Option<u64>) {
        match (self, total) {
            (Self::Bar(bar), total) => {
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(bytes);
            }
            (Self::Lines(told), Some(total)) => {
                let quarters = 4 * bytes / total.max(1);
                if quarters > *told {
                    *told = quarters;
                    say(&format!("{} % of {total} bytes", 25 * quarters));
                }
            }
            (Self::Lines(_), None) => {}
        }
    }

    /// Something that happened on the way.
    pub fn tell(&self, what: &str) {
        match self {
            Self::Bar(bar) => bar.println(what),
            Self::Lines(_) => say(what),
        }
    }

    /// It is over.
    pub fn end(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

#[expect(clippy::print_stderr, reason = "for whoever waits for the command, beside its answer")]
fn say(text: &str) {
    eprintln!("{text}");
}
