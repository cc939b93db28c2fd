//! Labelled calls, as people judged them: what `throughline` learns from, and the slots beside it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use playbook_evaluator::domain::learn::Labelled;
use serde::Deserialize;

use super::slots::Slots;

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
    pub slots: Slots,
}

#[derive(Deserialize)]
pub struct BehaviorLabel {
    pub outcome: String,
    #[serde(default)]
    pub evidence: Vec<u32>,
}

#[derive(Deserialize)]
struct Document {
    labels: Option<Labels>,
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

#[derive(Deserialize)]
struct SlotLine {
    id: String,
    slots: Slots,
}

/// The facts of labelled calls, by id, from a file with one JSON document a line.
pub fn slots(file: &Path) -> anyhow::Result<HashMap<String, Slots>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let read = |line: &str| serde_json::from_str(line).map(|SlotLine { id, slots }| (id, slots));
    lines.map(|line| read(line).with_context(|| file.display().to_string())).collect()
}
