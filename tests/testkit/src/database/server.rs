//! One private PostgreSQL server from its binaries: on a socket in a temporary folder, without fsync, stopped and
//! removed when this process ends, however it ends.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Role and maintenance database of the server.
const USER: &str = "throughline";
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How often a starting server is asked.
const PROBE_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the server and waits for end of file on its standard input, which comes when the test process is gone: also
/// after a panic, `exit` or `kill -9`. $1 is the folder, the rest the server's command line.
const WATCHDOG: &str = r#"
folder=$1; shift
"$@" </dev/null >"$folder/log" 2>&1 &
while read -r _; do :; done
kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")"
wait
rm -rf "$folder"
"#;

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    url: String,
    // Its standard input is what tells the watchdog that we live.
    _watchdog: Child,
}

impl Server {
    /// URL of the maintenance database.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn start() -> Result<Self, String> {
        let binaries = find_binaries()?;
        let folder = tempfile::Builder::new()
            .prefix("throughline-pg-")
            .tempdir_in(socket_parent())
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let privileges = drop_privileges(folder.path())?;
        init(&binaries, &privileges, &folder)?;
        // The watchdog removes the folder from here on.
        let folder = folder.keep();
        let mut watchdog = launch(&binaries, &privileges, &folder)?;
        wait_until_ready(&mut watchdog, &folder)?;
        let url = format!("postgres://{USER}@localhost/postgres?host={}&sslmode=disable", folder.display());
        Ok(Self { url, _watchdog: watchdog })
    }
}

/// The path of a socket is limited to about 100 bytes, which a long `TMPDIR` would pass.
fn socket_parent() -> PathBuf {
    let folder = std::env::temp_dir();
    if folder.as_os_str().len() > 60 { PathBuf::from("/tmp") } else { folder }
}

fn find_binaries() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for root in ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt", "/usr"] {
        let mut versions: Vec<PathBuf> = std::fs::read_dir(root)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .filter(|bin| bin.join("postgres").is_file())
            .collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file()).ok_or_else(
        || {
            format!(
                "no PostgreSQL binaries (initdb, postgres) in PATH or /usr/lib/postgresql/*/bin. Install them (Debian, \
             Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`) or set {} to a server",
                super::SERVER_URL_VARIABLE
            )
        },
    )
}

/// PostgreSQL refuses to run as root: then the words to put before a command so that it runs as `postgres`, who is
/// also given the folder.
fn drop_privileges(folder: &Path) -> Result<Vec<String>, String> {
    if stdout(Command::new("id").arg("-u"))?.trim() != "0" {
        return Ok(Vec::new());
    }
    let user = "postgres";
    stdout(Command::new("id").args(["-u", user])).map_err(|error| {
        format!("running as root, and PostgreSQL needs a user `{user}`, which its package creates ({error})")
    })?;
    stdout(Command::new("chown").arg(format!("{user}:")).arg(folder))?;
    let candidates: [&[&str]; 2] =
        [&["setpriv", "--reuid", user, "--regid", user, "--init-groups"], &["runuser", "-u", user, "--"]];
    candidates
        .iter()
        .find(|words| stdout(Command::new(words[0]).args(&words[1..]).arg("true")).is_ok())
        .map(|words| words.iter().map(|&word| word.to_owned()).collect())
        .ok_or_else(|| "running as root, and neither setpriv nor runuser can change to `postgres`".to_owned())
}

fn init(binaries: &Path, privileges: &[String], folder: &TempDir) -> Result<(), String> {
    let initdb = binaries.join("initdb");
    let mut command = prefixed(privileges, &initdb);
    command.current_dir(folder.path()).arg("--pgdata").arg(folder.path().join("data")).args([
        "--username",
        USER,
        "--auth",
        "trust",
        "--encoding",
        "UTF8",
        "--locale",
        "C",
        "--no-sync",
    ]);
    stdout(&mut command).map(drop)
}

fn launch(binaries: &Path, privileges: &[String], folder: &Path) -> Result<Child, String> {
    let settings = [
        "listen_addresses=",
        "max_connections=300",
        // Nothing has to survive.
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "autovacuum=off",
        "jit=off",
    ];
    let mut command = Command::new("sh");
    command
        .args(["-c", WATCHDOG, "throughline-test-postgres"])
        .arg(folder)
        .args(privileges)
        .arg(binaries.join("postgres"));
    command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    for setting in settings {
        command.args(["-c", setting]);
    }
    command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C in the terminal must not end the watchdog before it has cleaned up.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("can't start sh: {error}"))
}

fn wait_until_ready(watchdog: &mut Child, folder: &Path) -> Result<(), String> {
    let deadline = Instant::now() + START_DEADLINE;
    let state = folder.join("data/postmaster.pid");
    loop {
        // The last line of this file says `ready` when connections are taken.
        let ready = std::fs::read_to_string(&state).is_ok_and(|text| text.lines().any(|line| line.trim() == "ready"));
        if ready {
            return Ok(());
        }
        let ended = folder.join("log").metadata().is_ok() && !state.exists() && server_failed(folder);
        if ended || Instant::now() > deadline {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            // Closing its standard input makes the watchdog clean up.
            drop(watchdog.stdin.take());
            let _ = watchdog.wait();
            return Err(format!("PostgreSQL did not start: {log}"));
        }
        std::thread::sleep(PROBE_INTERVAL);
    }
}

fn server_failed(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("log")).is_ok_and(|log| log.contains("FATAL"))
}

fn prefixed(privileges: &[String], program: &Path) -> Command {
    match privileges {
        [] => Command::new(program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
    }
}

fn stdout(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() {
        Ok(String::from_utf8_lossy(&stdout).into_owned())
    } else {
        Err(format!("{command:?} failed ({status}): {}", String::from_utf8_lossy(&stderr).trim()))
    }
}
