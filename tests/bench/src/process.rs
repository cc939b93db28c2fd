//! What Linux counts for a process.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

/// Clock ticks are hundredths of a second on every Linux platform that Rust supports.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of this process so far.
pub fn cpu_time() -> anyhow::Result<Duration> {
    cpu_time_of(std::process::id())
}

/// User and system time of a process so far, all its threads: the counters that getrusage reads.
pub fn cpu_time_of(pid: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(Path::new(&path)).with_context(|| path.clone())?;
    // The name, in brackets, may hold anything; the 14th and 15th fields are times.
    let (_, fields) = stat.rsplit_once(") ").context(path)?;
    let ticks: u32 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(TICK * ticks)
}

/// Resident memory of a process, megabytes.
pub fn resident_mb(pid: u32) -> anyhow::Result<f64> {
    status_mb(pid, "VmRSS:")
}

/// The most it has been.
pub fn peak_mb(pid: u32) -> anyhow::Result<f64> {
    status_mb(pid, "VmHWM:")
}

fn status_mb(pid: u32, field: &str) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(Path::new(&path)).with_context(|| path.clone())?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).with_context(|| path.clone())?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().context(path)?;
    Ok(kilobytes * 1024.0 / 1e6)
}
