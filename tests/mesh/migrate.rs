//! `throughline migrate`: what the Job before an upgrade runs.

use std::path::Path;
use std::process::{Command, Output};

use throughline_testkit::{Backend, TestDb};

const SERVICES: [&str; 5] = ["transcription-gateway", "playbook-evaluator", "coaching-engine", "crm-sync", "forecast"];

fn migrate(dir: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    command.args(["migrate", "--config-dir"]).arg(dir).args(more).output().unwrap()
}

fn said(output: &Output) -> (Vec<String>, String) {
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    (lines, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn configure(dir: &Path, url: impl Fn(&str) -> String) {
    for service in SERVICES {
        std::fs::write(dir.join(format!("{service}.toml")), format!("[database]\nurl = \"{}\"\n", url(service)))
            .unwrap();
    }
}

#[test]
fn all_five_are_migrated_once_and_the_one_that_fails_is_named() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), |service| format!("sqlite:{}/{service}.db", folder.path().display()));
    let all = SERVICES.map(|service| format!("{service}: migrated"));
    for _ in 0..2 {
        let output = migrate(folder.path(), &[]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(said(&output).0, all);
    }
    let output = migrate(folder.path(), &["--service", "forecast"]);
    assert_eq!(said(&output).0, ["forecast: migrated"]);

    std::fs::write(folder.path().join("crm-sync.toml"), "[database]\nurl = \"sqlite:/nowhere/crm-sync.db\"\n").unwrap();
    let output = migrate(folder.path(), &[]);
    let (lines, error) = said(&output);
    assert!(!output.status.success() && lines.len() == 3, "{output:?}");
    assert!(error.contains("crm-sync can't be migrated") && error.contains("/nowhere"), "{error}");
}

#[test]
fn wrong_folders_services_and_keys_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (dir, more, named) in [
        (folder.path().join("none"), &[][..], "is not a folder"),
        (folder.path().to_owned(), &["--service", "nobody"][..], "there is no nobody"),
    ] {
        let output = migrate(&dir, more);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(said(&output).1.contains(named), "{output:?}");
    }
    std::fs::write(folder.path().join("forecast.toml"), "[auth]\njwks_file = \"x\"\n").unwrap();
    let output = migrate(folder.path(), &["--service", "forecast"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).1.contains("[auth.issuers.NAME]"), "{output:?}");
}

#[tokio::test]
async fn two_jobs_at_once_make_the_schemas_of_one_postgresql_database() {
    let database = TestDb::start(Backend::Postgres).await;
    let folder = tempfile::tempdir().unwrap();
    let url = database.config().url.clone();
    configure(folder.path(), |_| url.clone());
    let folder = folder.path();
    std::thread::scope(|scope| {
        let jobs = [scope.spawn(|| migrate(folder, &[])), scope.spawn(|| migrate(folder, &[]))];
        for output in jobs.map(|job| job.join().unwrap()) {
            assert!(output.status.success(), "{output:?}");
            assert_eq!(said(&output).0.len(), SERVICES.len());
        }
    });
}
