//! `throughline doctor`: what this machine, or a Kubernetes cluster, lacks for Throughline, each in a sentence with what to do.
//! It changes nothing. The cluster is asked through kubectl, as whom its configuration says.

mod cluster;
mod machine;

use std::process::ExitCode;

use crate::cli::{DoctorArgs, Format};
use crate::{exit, report};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// As it should be.
    Well,
    /// Works, but something is not to be had.
    Note,
    /// Does not work.
    Lack,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    weight: Weight,
    /// What it is about, in a word or two.
    about: &'static str,
    /// What is so.
    what: String,
    /// What to do; empty where nothing is.
    remedy: String,
}

impl Finding {
    fn well(about: &'static str, what: impl Into<String>) -> Self {
        Self { weight: Weight::Well, about, what: what.into(), remedy: String::new() }
    }

    fn note(about: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { weight: Weight::Note, about, what: what.into(), remedy: remedy.into() }
    }

    fn lack(about: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { weight: Weight::Lack, about, what: what.into(), remedy: remedy.into() }
    }

    fn text(&self) -> String {
        let sign = match self.weight {
            Weight::Well => "well ",
            Weight::Note => "note ",
            Weight::Lack => "LACKS",
        };
        let remedy = if self.remedy.is_empty() { String::new() } else { format!("\n       {}", self.remedy) };
        format!("{sign}  {}: {}{remedy}", self.about, self.what)
    }

    fn json(&self) -> String {
        let weight = match self.weight {
            Weight::Well => "well",
            Weight::Note => "note",
            Weight::Lack => "lack",
        };
        serde_json::json!({ "weight": weight, "about": self.about, "what": self.what, "remedy": self.remedy })
            .to_string()
    }
}

/// `throughline doctor`.
pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let findings = if args.cluster {
        cluster::examine(&args.namespace).await
    } else {
        machine::examine(args.models.as_deref()).await?
    };
    for finding in &findings {
        let line = if args.format == Format::Json { finding.json() } else { finding.text() };
        report::print(&report::clean(&line))?;
    }
    let lacks = findings.iter().filter(|finding| finding.weight == Weight::Lack).count();
    Ok(if lacks == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILURE) })
}
