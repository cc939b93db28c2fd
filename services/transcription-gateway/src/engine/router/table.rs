//! What is declared, with the engine of each declaration.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use throughline_rpc::Clock;

use super::breaker::Limits;
use super::gate::Gate;
use super::metrics::Metrics;
use super::{Ask, Builder};
use crate::domain::engine::{BUILT_IN, Mode, Spec, understands};
use crate::engine::Urgency;

/// A declaration of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub workspace: String,
    pub id: String,
    pub spec: Spec,
}

/// The engines by workspace and id.
#[derive(Default)]
pub(super) struct Table(BTreeMap<String, BTreeMap<String, Entry>>);

pub(super) struct Entry {
    pub spec: Spec,
    pub gate: Arc<Gate>,
}

/// What new engines are made with.
pub(super) struct Making<'a> {
    pub limits: Limits,
    pub builder: &'a Builder,
    pub made: &'a dyn Fn() -> (Clock, Metrics),
}

impl Table {
    /// The table after a change, and the engines that it has no more; `None` if nothing changed.
    pub fn next(&self, declared: Vec<Declared>, making: &Making<'_>) -> Option<(Self, Vec<Arc<Gate>>)> {
        let known = |one: &Declared| self.get(&one.workspace, &one.id);
        let count: usize = self.0.values().map(BTreeMap::len).sum();
        if declared.len() == count && declared.iter().all(|one| known(one).is_some_and(|entry| entry.spec == one.spec))
        {
            return None;
        }
        let mut next = Self::default();
        for Declared { workspace, id, spec } in declared {
            let kept = self.get(&workspace, &id).filter(|entry| is_same_engine(&entry.spec, &spec));
            let gate = kept.map(|entry| Arc::clone(&entry.gate)).unwrap_or_else(|| {
                let engine = (making.builder)(&workspace, &spec);
                Arc::new(Gate::new((&workspace, &id), &spec, engine, making.limits, (making.made)()))
            });
            next.0.entry(workspace).or_default().insert(id, Entry { spec, gate });
        }
        let stays = |gate: &&Arc<Gate>| !next.gates().any(|other| Arc::ptr_eq(gate, other));
        let retired = self.gates().filter(stays).map(Arc::clone).collect();
        Some((next, retired))
    }

    pub fn get(&self, workspace: &str, id: &str) -> Option<&Entry> {
        self.0.get(workspace)?.get(id)
    }

    pub fn gates(&self) -> impl Iterator<Item = &Arc<Gate>> {
        self.0.values().flat_map(BTreeMap::values).map(|entry| &entry.gate)
    }

    /// The engines to be asked, in this order. Those that can't be set up come last: they only say why there is no other.
    pub fn candidates(&self, ask: &Ask, what: &What, built_in: &Arc<Gate>) -> Vec<Arc<Gate>> {
        let shared = Entry { spec: super::built_in(), gate: Arc::clone(built_in) };
        let stored = self.0.get(&ask.workspace);
        let replaced = stored.is_some_and(|stored| stored.contains_key(BUILT_IN));
        let all = stored.into_iter().flatten().map(|(_, entry)| entry).chain((!replaced).then_some(&shared));
        let mut found: Vec<(bool, Reverse<u16>, &Arc<Gate>)> = all
            .filter(|entry| entry.spec.enabled)
            .filter_map(|Entry { spec, gate }| {
                let language = what.language.as_deref();
                let priority = spec.priority(ask.mode, language)?;
                match gate.capabilities() {
                    Some(can) => {
                        let in_mode = if ask.mode == Mode::Live { can.live } else { can.batch };
                        let guesses = can.partials || what.urgency != Urgency::Partial;
                        let fits = what.audio_ms <= can.max_segment_ms;
                        let able = in_mode && guesses && fits && understands(&can.languages, language);
                        able.then_some((false, Reverse(priority), gate))
                    }
                    None => Some((true, Reverse(priority), gate)),
                }
            })
            .collect();
        found.sort_by_key(|(unusable, priority, gate)| (*unusable, *priority, gate.id().to_owned()));
        found.into_iter().map(|(_, _, gate)| Arc::clone(gate)).collect()
    }
}

/// What a segment asks of an engine.
#[derive(Debug)]
pub(super) struct What {
    pub urgency: Urgency,
    pub language: Option<String>,
    pub audio_ms: u64,
}

/// Whether two declarations differ only in what the engine is asked for, and not in what it is.
pub(super) fn is_same_engine(one: &Spec, other: &Spec) -> bool {
    let Spec { display_name: _, kind, routes: _, max_concurrent, timeout_ms, enabled } = one;
    (kind, max_concurrent, timeout_ms) == (&other.kind, &other.max_concurrent, &other.timeout_ms)
        // One that was switched off and on again begins anew.
        && *enabled == other.enabled
}
