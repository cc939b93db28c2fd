//! What a machine needs to run all of it in one process: models, memory, free ports.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::Context as _;
use throughline_models::{Manifest, ModelState};
use tokio::net::TcpListener;

use super::Finding;
use crate::mesh::SERVICES;
use crate::models;

/// The first of the ports that `throughline up` takes unless told otherwise.
const FIRST_PORT: u16 = 7401;
/// Recognisers and embeddings of two cores, with the services around them.
const MEMORY_MB: u64 = 1_024;

pub(super) async fn examine(models_dir: Option<&Path>) -> anyhow::Result<Vec<Finding>> {
    let folder = models::folder(models_dir)?;
    let found = tokio::task::spawn_blocking(move || models_in(&folder)).await??;
    Ok([found, memory(), ports(FIRST_PORT).await].concat())
}

fn models_in(folder: &Path) -> anyhow::Result<Vec<Finding>> {
    let manifest = Manifest::embedded().context("the model manifest")?;
    let findings = throughline_models::list(&manifest, folder).into_iter().map(|status| {
        let model = format!("{} ({})", status.model.id, status.model.purpose);
        match status.state {
            ModelState::Present => Finding::well("model", format!("{model} is there and whole")),
            ModelState::Missing => {
                Finding::lack("model", format!("{model} is not in {}", folder.display()), "throughline models pull")
            }
            ModelState::WrongChecksum => {
                Finding::lack("model", format!("{model} in {} is damaged", folder.display()), "throughline models pull")
            }
            ModelState::NotForThisPlatform => Finding::note(
                "model",
                format!("{model} comes for another platform"),
                "install ONNX Runtime 1.23 and name its library in speech.runtime_library and embeddings.runtime_library",
            ),
        }
    });
    Ok(findings.collect())
}

/// Linux tells; elsewhere nothing is said.
fn memory() -> Vec<Finding> {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else { return Vec::new() };
    let Some(available_mb) = available_mb(&text) else { return Vec::new() };
    let what = format!("{available_mb} MB are free");
    vec![if available_mb >= MEMORY_MB {
        Finding::well("memory", what)
    } else {
        Finding::note(
            "memory",
            format!("{what}, under the {MEMORY_MB} MB that all services with their models take"),
            "set speech.workers and embeddings.threads to 1, or stop what else runs",
        )
    }]
}

fn available_mb(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

/// Can the five ports from `first` on be taken?
async fn ports(first: u16) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (service, port) in SERVICES.iter().zip(first..) {
        if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            let what = format!("{port}, which {service} listens on, can't be taken: {error}");
            findings.push(Finding::lack("port", what, "stop what uses it, or throughline up --port 0"));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::well("ports", "those of all five services are free"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_what_can_be_had_without_swapping() {
        assert_eq!(available_mb("MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:    2097152 kB\n"), Some(2_048));
        assert_eq!(available_mb("MemTotal: 9 kB\n"), None);
    }

    #[tokio::test]
    async fn a_port_in_use_is_said_with_what_to_do() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let findings = ports(port).await;
        let found = findings.iter().find(|finding| finding.what.starts_with(&port.to_string()));
        assert!(found.is_some_and(|finding| finding.text().contains("--port 0")), "{findings:?}");
    }
}
