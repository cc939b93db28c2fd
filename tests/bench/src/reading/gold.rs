//! Labelled calls, as people judged them: what `throughline` learns from, and the slots beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use playbook_evaluator::domain::learn::Labelled;
use serde::Deserialize;

/// A call and what people say of it.
pub struct Gold {
    pub call: Labelled,
    pub labels: Labels,
}

#[derive(Deserialize)]
pub struct Labels {
    pub behaviors: BTreeMap<String, BehaviorLabel>,
    pub buyer_signals: BTreeMap<String, Vec<u32>>,
    #[serde(default)]
    slots: Slots,
}

#[derive(Deserialize)]
pub struct BehaviorLabel {
    pub outcome: String,
    #[serde(default)]
    pub evidence: Vec<u32>,
}

#[derive(Deserialize, Default)]
struct Slots {
    next_step: Option<NextStep>,
    competitors: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct NextStep {
    date: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    labels: Option<Labels>,
}

impl Labels {
    pub fn next_step_date(&self) -> Option<&str> {
        self.slots.next_step.as_ref()?.date.as_deref()
    }

    /// In lower case.
    pub fn competitors(&self) -> BTreeSet<String> {
        self.slots.competitors.iter().flatten().map(|name| name.to_lowercase()).collect()
    }
}

impl Gold {
    /// The letter that a call's id starts with.
    pub fn author(&self) -> char {
        char::from_u32(self.call.group).unwrap_or('?')
    }

    pub fn turns(&self) -> usize {
        self.call.transcript.turns.len()
    }
}

/// The labelled calls of a folder, by file name.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Gold>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut calls = Vec::new();
    for path in paths {
        let read = || {
            let text = std::fs::read_to_string(&path)?;
            let Some(labels) = serde_json::from_str::<Document>(&text)?.labels else { return Ok(None) };
            let call = Labelled::read(&text).map_err(|cause| anyhow!(cause))?;
            anyhow::Ok(Some(Gold { call, labels }))
        };
        calls.extend(read().with_context(|| path.display().to_string())?);
    }
    Ok(calls)
}
