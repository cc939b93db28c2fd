//! Bad input gets a clear error and a documented exit status.

use std::process::Stdio;

use tokio::io::AsyncReadExt as _;

use crate::program::{Up, repository, run, throughline};

#[tokio::test]
async fn files_that_are_not_there_or_no_calls_are_all_named() {
    let printed = run(throughline().args(["analyze", "nowhere.wav", "Cargo.toml"])).await;
    assert_eq!(printed.code, Some(2));
    assert!(printed.stderr.contains("nowhere.wav") && printed.stderr.contains("Cargo.toml"), "{}", printed.stderr);
}

#[tokio::test]
async fn one_broken_input_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backward.vtt"), "WEBVTT\n\n00:09.000 --> 00:02.000\n<v Ann>Hello there.</v>\n")
        .unwrap();
    std::fs::write(folder.path().join("unknown.json"), r#"{"id": "u", "date": "2026-03-10", "participants": [], "turns": [{"i": 0, "speaker": "s9", "start_ms": 0, "end_ms": 900, "text": "Hi."}]}"#).unwrap();
    std::fs::copy(repository("samples/calls/negotiation.json"), folder.path().join("negotiation.json")).unwrap();
    let printed = run(throughline().args(["analyze", "--format", "json"]).arg(folder.path())).await;
    assert_eq!(printed.code, Some(4), "{}", printed.stderr);
    let objects = printed.objects();
    let of = |end: &str| objects.iter().find(|o| o["input"].as_str().unwrap().ends_with(end)).unwrap();
    assert_eq!(of("backward.vtt")["error"]["reason"], "TRANSCRIPT_INVALID");
    assert!(of("unknown.json")["error"].to_string().contains("s9"));
    assert!(of("negotiation.json")["evaluation"].is_object());
}

#[tokio::test]
async fn a_playbook_with_errors_lists_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.yaml");
    let text = std::fs::read_to_string(repository("samples/playbooks/regulated-enterprise.yaml")).unwrap();
    let text = text
        .replace("segment: account.regulated == true", "segment: account.regulated ==")
        .replace("\nrisks:", "\nsurprise: 1\nrisks:");
    std::fs::write(&path, text).unwrap();
    let printed = run(throughline().args(["playbook", "lint"]).arg(&path)).await;
    assert_eq!(printed.code, Some(2), "{}", printed.stdout);
    assert!(printed.stdout.contains("segment") && printed.stdout.contains("surprise"), "{}", printed.stdout);
}

#[tokio::test]
async fn a_missing_model_names_the_command_that_gets_it() {
    let empty = tempfile::tempdir().unwrap();
    let printed = run(throughline()
        .arg("analyze")
        .arg(repository("samples/calls/discovery.flac"))
        .arg("--models")
        .arg(empty.path()))
    .await;
    assert_eq!(printed.code, Some(3));
    assert!(printed.stderr.contains("throughline models pull"), "{}", printed.stderr);
}

#[tokio::test]
async fn a_port_in_use_and_a_folder_in_use_are_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = tempfile::tempdir().unwrap();
    let printed = run(throughline().args(["up", "--port", &port, "--data"]).arg(data.path())).await;
    assert_eq!(printed.code, Some(1));
    assert!(printed.stderr.contains(&port), "{}", printed.stderr);

    let _up = Up::start(data.path()).await;
    let printed = run(throughline().args(["up", "--port", "0", "--data"]).arg(data.path())).await;
    assert_eq!(printed.code, Some(1));
    assert!(printed.stderr.contains("another throughline"), "{}", printed.stderr);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_named() {
    let printed = run(throughline().args(["up", "--port", "0", "--data", "/proc/throughline"])).await;
    assert_eq!(printed.code, Some(1));
    assert!(printed.stderr.contains("/proc/throughline"), "{}", printed.stderr);
}

#[tokio::test]
async fn sigterm_ends_an_analysis_with_its_own_status_and_leaves_no_folder_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = throughline()
        .arg("analyze")
        .arg(repository("samples"))
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The first words are printed when the mesh is up: now it is in the middle.
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).await.unwrap();
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    drop(child.stdout.take());
    assert_eq!(child.wait().await.unwrap().code(), Some(143));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
