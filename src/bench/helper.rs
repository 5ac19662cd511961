//! A process beside this one that answers lines and ends when its standard input closes.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::Context;

/// This very program, to be started once more with other arguments.
///
/// # Errors
/// When the system does not say where the program lies.
pub fn this_program() -> anyhow::Result<Command> {
    Ok(Command::new(std::env::current_exe().context("this program's own file cannot be found")?))
}

/// A helper that runs; ended when it is dropped.
pub struct Helper {
    name: &'static str,
    child: Running,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Helper {
    /// Starts `command` and gives its first line, which says that it is ready. Blocks until then.
    ///
    /// # Errors
    /// When it does not start, or ends without a line; what went wrong is on standard error.
    pub fn start(name: &'static str, mut command: Command) -> anyhow::Result<(Self, String)> {
        let not_started = || format!("{name} does not start");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(not_started)?;
        let stdin = child.stdin.take().with_context(not_started)?;
        let stdout = child.stdout.take().with_context(not_started)?;
        let lines = BufReader::new(stdout).lines();
        let mut helper = Self { name, child: Running(child), stdin, lines };
        let first = helper.line()?;
        Ok((helper, first))
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Says one line and gives the answer, one line too.
    ///
    /// # Errors
    /// When the helper has ended.
    pub fn ask(&mut self, line: &str) -> anyhow::Result<String> {
        writeln!(self.stdin, "{line}").with_context(|| format!("{}: ended early", self.name))?;
        self.line()
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let line = self.lines.next().with_context(|| format!("{}: ended early", self.name))?;
        line.with_context(|| format!("{} cannot be heard", self.name))
    }
}

/// A child process that is killed when it is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers each line on standard input by the line that `answer` gives, until it closes.
///
/// # Errors
/// When nobody reads the answers.
pub fn answer_lines(mut answer: impl FnMut(&str) -> String) -> std::io::Result<()> {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        writeln!(std::io::stdout(), "{}", answer(&line))?;
    }
    Ok(())
}
