//! `gridwatch cameras probe`: tries one camera and says what it sends, or what to do next.

mod words;

use std::{
    io::{self, BufRead, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use gridwatch_console::probe::{ProbeAnswer, hidden, invalid_address, may_hold_password};
use gridwatch_ingest::{Address, Credentials, ProbeLimits, ProbeReport, Transport, probe};

use crate::cli::{Language, ProbeArgs};

/// Read from standard input.
const STDIN: &str = "-";

/// Runs `gridwatch cameras probe`. The exit code says whether the camera can be used.
///
/// # Errors
/// When an input cannot be read or the picture cannot be written.
pub fn run(args: ProbeArgs) -> anyhow::Result<ExitCode> {
    let language = args.lang.unwrap_or_else(Language::of_environment);
    let mut input = io::stdin().lock();
    let url = match args.url.0.as_str() {
        STDIN => first_line(&mut input).context("cannot read the address from standard input")?,
        url => url.to_owned(),
    };
    let parsed = Address::parse(url.trim());
    let was_visible = args.url.0 != STDIN && parsed.as_ref().is_ok_and(has_password);
    // A password with / ? or # in it may have been taken for host and path.
    let at_sign = parsed.as_ref().is_ok_and(may_hold_password);
    let mut report = match parsed {
        Ok(address) => look(&with_login(address, &args, &mut input)?, args.transport)?,
        Err(error) => invalid_address(error.to_string()),
    };
    if at_sign && let Some(failure) = &mut report.failure {
        failure.detail = hidden(language.into()).to_owned();
    }
    if let (Some(file), Some(jpeg)) = (&args.picture, &report.jpeg) {
        keep(jpeg, file).with_context(|| format!("cannot write the picture {}", file.display()))?;
    }
    if args.json {
        say(&serde_json::to_string(&ProbeAnswer::from(&report))?)?;
    } else {
        say(&words::tell(&report, language))?;
    }
    if at_sign && report.failure.is_some() {
        advise(words::at_sign(language));
    }
    if was_visible {
        advise(words::was_visible(language));
    }
    Ok(if report.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn look(address: &Address, transport: Option<Transport>) -> io::Result<ProbeReport> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let report = runtime.block_on(probe(address, transport, ProbeLimits::default()));
    // Nobody waits for a name look-up that hangs.
    runtime.shutdown_background();
    Ok(report)
}

fn first_line(input: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn has_password(address: &Address) -> bool {
    address.credentials().is_some_and(|login| !login.password.is_empty())
}

/// User and password of the arguments go before those of the address. The password is the first line of its file.
fn with_login(address: Address, args: &ProbeArgs, input: &mut impl BufRead) -> anyhow::Result<Address> {
    if args.user.is_none() && args.password_file.is_none() {
        return Ok(address);
    }
    let password = match &args.password_file {
        None => None,
        Some(file) if file.as_os_str() == STDIN => {
            Some(first_line(input).context("cannot read the password from standard input")?)
        }
        Some(file) => Some(read_password(file).with_context(|| format!("cannot read {}", file.display()))?),
    };
    let in_address = address.credentials().cloned();
    let user = args.user.clone().or_else(|| in_address.as_ref().map(|login| login.user.clone()));
    let Some(user) = user else { bail!("a password needs a user: give --user") };
    let password = password.or(in_address.map(|login| login.password)).unwrap_or_default();
    Ok(address.with_credentials(Credentials { user, password }))
}

fn read_password(file: &Path) -> io::Result<String> {
    first_line(&mut io::BufReader::new(std::fs::File::open(file)?))
}

/// Only its owner may read the picture: it shows people.
fn keep(jpeg: &[u8], file: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(file)?.write_all(jpeg)
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

#[expect(clippy::print_stderr, reason = "advice for whoever typed the command, beside its answer")]
fn advise(text: &str) {
    eprintln!("{text}");
}
