//! What a process uses of the machine, as Linux counts it in `/proc`.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// CPU seconds (user and system) that process `pid` has used so far, all its threads together.
///
/// # Errors
/// When there is no such process.
pub fn cpu_s(pid: u32) -> anyhow::Result<f64> {
    cpu_of(Path::new(&format!("/proc/{pid}")))
}

/// CPU seconds that those threads of this process have used so far whose names begin with `prefix`.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn threads_cpu_s(prefix: &str) -> anyhow::Result<f64> {
    let mut sum = 0.0;
    for thread in fs::read_dir("/proc/self/task")? {
        let folder = thread?.path();
        // A thread may end while we look.
        let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
        if name.starts_with(prefix) {
            sum += cpu_of(&folder)?;
        }
    }
    Ok(sum)
}

/// Resident memory of this process, in units of 1,000,000 bytes.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn rss_mb() -> anyhow::Result<f64> {
    Ok(status("VmRSS:")? as f64 * 1024.0 / 1e6)
}

/// Threads of this process.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn threads() -> anyhow::Result<u64> {
    status("Threads:")
}

/// How many threads of the whole machine wanted to run, in the mean of the last minute.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn load_average() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let number = text.split_whitespace().next().and_then(|number| number.parse().ok());
    number.context("/proc/loadavg is not as expected")
}

/// Open descriptors of this process.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn descriptors() -> anyhow::Result<usize> {
    // One of them is the folder being read.
    Ok(fs::read_dir("/proc/self/fd")?.count().saturating_sub(1))
}

/// Makes sure that this process and those it starts may have `needed` descriptors open, raising the soft limit if that
/// is all it takes.
///
/// # Errors
/// When the hard limit is lower; says how to raise it.
pub fn allow_descriptors(needed: u64) -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if let Some(most) = limit.maximum.filter(|most| *most < needed) {
        bail!(
            "{needed} open files are needed and {most} are allowed; allow more with `ulimit -Hn {needed}` as root, \
             or LimitNOFILE= in a systemd unit, or ask for fewer streams"
        );
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum: limit.maximum })
        .context("the limit of open files cannot be raised")
}

/// Reads `stat` of a process or a thread; `proc_pid_stat(5)` names the fields.
fn cpu_of(folder: &Path) -> anyhow::Result<f64> {
    let file = folder.join("stat");
    let stat = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    ticks(&stat)
        .map(|ticks| ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
        .with_context(|| format!("{} is not as expected", file.display()))
}

fn ticks(stat: &str) -> Option<u64> {
    // The name stands in parentheses and may hold anything; behind it, the state is field 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(14 - 3);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

fn status(field: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("/proc/self/status has no {field}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_user_and_system_time_whatever_the_name_is() {
        let stat = "17 (a) b (c) S 1 17 17 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 3 0 99 1 2";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("17 (a) S 1"), None);
    }

    #[test]
    fn this_process_uses_something() {
        assert!(cpu_s(std::process::id()).unwrap() >= 0.0);
        assert!(rss_mb().unwrap() > 0.1);
        assert!(load_average().unwrap() >= 0.0);
        assert!(threads().unwrap() >= 1);
        assert!(descriptors().unwrap() >= 3);
        assert!(threads_cpu_s("no thread is called so").unwrap() == 0.0);
        let error = allow_descriptors(u64::MAX - 1).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.is_empty() || error.contains("LimitNOFILE="), "{error}");
    }
}
