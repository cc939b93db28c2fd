//! The append-only log of a workspace's deals, and how it is read as of a moment: only what was known by then counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::entry::{Entry, Fact};
use super::ids::{CallId, DealId};
use super::view::DealView;

/// Entries by deal and by call. Holds no state of its own: what a deal looks like is folded anew for each moment.
#[derive(Debug, Default)]
pub struct Log<'a> {
    by_deal: BTreeMap<&'a DealId, Vec<&'a Entry>>,
    by_call: HashMap<&'a CallId, Vec<&'a Entry>>,
    /// Calls that were ever given to the deal.
    calls_of: HashMap<&'a DealId, BTreeSet<&'a CallId>>,
}

impl<'a> Log<'a> {
    /// Indexes entries, in whatever order they come. An entry that comes twice counts once.
    pub fn new(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut log = Self::default();
        for entry in entries {
            match &entry.fact {
                Fact::CallAssociated { call, deal } => {
                    log.calls_of.entry(deal).or_default().insert(call);
                    log.by_call.entry(call).or_default().push(entry);
                    log.by_deal.entry(deal).or_default();
                }
                Fact::CallDissociated { call } | Fact::CallEvaluated { call, .. } => {
                    log.by_call.entry(call).or_default().push(entry)
                }
                Fact::RecordObserved { deal, .. }
                | Fact::StageChanged { deal, .. }
                | Fact::ProposalApplied { deal, .. } => log.by_deal.entry(deal).or_default().push(entry),
            }
        }
        for entries in log.by_deal.values_mut().chain(log.by_call.values_mut()) {
            entries.sort_by(|a, b| a.order().cmp(&b.order()));
            entries.dedup_by(|a, b| a.source == b.source && a.key == b.key);
        }
        log
    }

    /// Every deal the log speaks of, by id.
    pub fn deals(&self) -> impl Iterator<Item = &'a DealId> + '_ {
        self.by_deal.keys().copied()
    }

    /// The deal as it was known at a moment; `None` if nothing was known of it, or its record was gone.
    pub fn view(&self, deal: &DealId, as_of: DateTime<Utc>) -> Option<DealView<'a>> {
        let (&deal, own) = self.by_deal.get_key_value(deal)?;
        let own = known(own, as_of);
        let calls = self.calls_of.get(deal).into_iter().flatten();
        let calls = calls.filter_map(|call| self.call_of(deal, call, as_of).map(|entries| (*call, entries)));
        DealView::fold(deal, as_of, own, calls)
    }

    /// The evaluations of a call if it belonged to the deal at that moment.
    fn call_of(&self, deal: &DealId, call: &CallId, as_of: DateTime<Utc>) -> Option<Vec<&'a Entry>> {
        let entries = self.by_call.get(call)?;
        let mut belongs = false;
        let mut evaluations = Vec::new();
        for entry in known(entries, as_of) {
            match &entry.fact {
                Fact::CallAssociated { deal: to, .. } => belongs = to == deal,
                Fact::CallDissociated { .. } => belongs = false,
                Fact::CallEvaluated { .. } => evaluations.push(entry),
                _ => {}
            }
        }
        belongs.then_some(evaluations)
    }
}

fn known<'e, 'a>(entries: &'e [&'a Entry], as_of: DateTime<Utc>) -> impl Iterator<Item = &'a Entry> + use<'e, 'a> {
    entries.iter().copied().filter(move |entry| entry.known_at <= as_of)
}
