//! A deal as it was known at a moment: the fold of its log.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::entry::{AppliedProposal, DealRecord, Entry, Fact};
use super::evaluated::{EvaluatedCall, Facts};
use super::ids::{CallId, DealId, PlaybookId};
use super::stage::{Phase, Stage, Status};

/// The deal at `as_of`. Borrows from the log.
#[derive(Clone, Debug)]
pub struct DealView<'a> {
    pub deal: &'a DealId,
    pub as_of: DateTime<Utc>,
    /// Latest state of the record; `None` when only calls or stage changes were known.
    pub record: Option<&'a DealRecord>,
    /// Stages in the order they were entered; the last one is the present one.
    pub path: Vec<Visit<'a>>,
    pub status: Status,
    /// When it was won or lost.
    pub closed_at: Option<DateTime<Utc>>,
    /// First moment anything happened.
    pub opened_at: DateTime<Utc>,
    /// Evaluated calls of the deal by their time.
    pub calls: Vec<CallView<'a>>,
    pub applied: Vec<&'a AppliedProposal>,
}

/// A stay in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit<'a> {
    pub stage: &'a Stage,
    pub entered_at: DateTime<Utc>,
    /// What being in the stage means: a stay in a closed stage is no step of the way.
    pub status: Status,
}

/// A call of the deal. Only evaluations of the latest transcript count, the latest of each playbook.
#[derive(Clone, Debug)]
pub struct CallView<'a> {
    pub call: &'a CallId,
    pub at: DateTime<Utc>,
    /// The evaluation whose facts stand for the call. Facts come from the words and not from a playbook, so any would do; one is taken
    /// so that nothing counts twice.
    pub primary: &'a EvaluatedCall,
    /// One of each playbook, the primary among them.
    pub evaluations: Vec<&'a EvaluatedCall>,
}

impl<'a> DealView<'a> {
    /// Folds entries that are known already and in order; `None` if there are none.
    pub fn fold(
        deal: &'a DealId,
        as_of: DateTime<Utc>,
        own: impl Iterator<Item = &'a Entry>,
        calls: impl Iterator<Item = (&'a CallId, Vec<&'a Entry>)>,
    ) -> Option<Self> {
        let mut calls: Vec<CallView<'a>> = calls.filter_map(|(call, entries)| CallView::fold(call, &entries)).collect();
        calls.sort_by(|a, b| (a.at, a.call).cmp(&(b.at, b.call)));
        let mut view = Self {
            deal,
            as_of,
            record: None,
            path: Vec::new(),
            status: Status::Open,
            closed_at: None,
            opened_at: calls.first().map_or(DateTime::<Utc>::MAX_UTC, |c| c.at),
            calls,
            applied: Vec::new(),
        };
        for entry in own {
            view.apply(entry);
        }
        (view.opened_at != DateTime::<Utc>::MAX_UTC).then_some(view)
    }

    fn apply(&mut self, entry: &'a Entry) {
        let at = entry.occurred_at;
        match &entry.fact {
            Fact::RecordObserved { record, .. } => {
                self.record = Some(record);
                self.opened_at = self.opened_at.min(record.created_at.unwrap_or(at)).min(at);
                if let Some(stage) = &record.stage {
                    self.enter(stage, record.status, at);
                } else {
                    self.set_status(record.status, at);
                }
            }
            Fact::StageChanged { to, status, .. } => {
                self.opened_at = self.opened_at.min(at);
                self.enter(to, *status, at);
            }
            Fact::ProposalApplied { proposal, .. } => self.applied.push(proposal),
            Fact::CallAssociated { .. } | Fact::CallDissociated { .. } | Fact::CallEvaluated { .. } => {}
        }
    }

    fn enter(&mut self, stage: &'a Stage, status: Status, at: DateTime<Utc>) {
        if self.path.last().is_none_or(|last| last.stage != stage) {
            self.path.push(Visit { stage, entered_at: at, status });
        }
        self.set_status(status, at);
    }

    fn set_status(&mut self, status: Status, at: DateTime<Utc>) {
        if status != self.status {
            self.closed_at = status.is_closed().then_some(at);
            self.status = status;
        }
    }

    /// Does this fact, known by then, belong into the deal's story? Entries of calls do while the call belongs to the deal; that it was
    /// given to the deal or taken from it always does.
    pub fn is_told_by(&self, fact: &Fact) -> bool {
        match fact {
            Fact::CallEvaluated { call, .. } => self.calls.iter().any(|c| c.call == call),
            Fact::CallDissociated { .. } => true,
            Fact::RecordObserved { deal, .. }
            | Fact::StageChanged { deal, .. }
            | Fact::CallAssociated { deal, .. }
            | Fact::ProposalApplied { deal, .. } => deal == self.deal,
        }
    }

    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    /// The present stage.
    pub fn stage(&self) -> Option<Visit<'a>> {
        self.path.last().copied()
    }

    pub fn phase(&self) -> Option<Phase> {
        self.stage()?.stage.phase()
    }

    /// Segment of the account: the CRM's, else what the latest call's creator knew. Empty when not known.
    pub fn segment(&self) -> &'a str {
        let of_record = self.record.map_or("", |r| r.segment.as_str());
        if !of_record.is_empty() {
            return of_record;
        }
        let mut of_calls = self.calls.iter().rev().flat_map(|c| &c.evaluations).map(|e| e.segment.as_str());
        of_calls.find(|s| !s.is_empty()).unwrap_or("")
    }

    /// Owner by the CRM, else the rep of the latest call. Empty when not known.
    pub fn rep(&self) -> &'a str {
        let of_record = self.record.map_or("", |r| r.owner.as_str());
        if !of_record.is_empty() {
            return of_record;
        }
        let mut of_calls = self.calls.iter().rev().flat_map(|c| &c.evaluations).map(|e| e.rep.as_str());
        of_calls.find(|s| !s.is_empty()).unwrap_or("")
    }

    pub fn close_date(&self) -> Option<NaiveDate> {
        self.record?.close_date
    }

    /// The day a won deal counts as booked: the CRM's close date, else the day it was won.
    pub fn booked_on(&self) -> Option<NaiveDate> {
        let closed = self.closed_at?;
        (self.status == Status::Won).then(|| self.close_date().unwrap_or_else(|| closed.date_naive()))
    }

    /// Moments both sides were heard on a call, in order.
    pub fn contacts(&self) -> impl DoubleEndedIterator<Item = DateTime<Utc>> + '_ {
        self.calls.iter().filter(|c| c.two_way()).map(|c| c.at)
    }

    /// Days since a moment, as of the view's moment; never negative.
    pub fn days_since(&self, at: DateTime<Utc>) -> f64 {
        days(self.as_of - at).max(0.0)
    }
}

impl<'a> CallView<'a> {
    fn fold(call: &'a CallId, entries: &[&'a Entry]) -> Option<Self> {
        let evaluations = entries.iter().filter_map(|entry| match &entry.fact {
            Fact::CallEvaluated { evaluation, .. } => Some((*entry, evaluation.as_ref())),
            _ => None,
        });
        let newest = evaluations.clone().map(|(_, e)| e.transcript_revision).max()?;
        let mut by_playbook: BTreeMap<&'a PlaybookId, (&'a Entry, &'a EvaluatedCall)> = BTreeMap::new();
        for (entry, evaluation) in evaluations.filter(|(_, e)| e.transcript_revision == newest) {
            let rank = |entry: &'a Entry| (entry.known_at, &entry.key);
            let slot = by_playbook.entry(&evaluation.playbook).or_insert((entry, evaluation));
            if rank(entry) > rank(slot.0) {
                *slot = (entry, evaluation);
            }
        }
        let evaluations: Vec<_> = by_playbook.into_values().map(|(_, evaluation)| evaluation).collect();
        let primary = *evaluations.first()?;
        Some(Self { call, at: primary.call_time, primary, evaluations })
    }

    pub fn facts(&self) -> &'a Facts {
        &self.primary.facts
    }

    pub fn two_way(&self) -> bool {
        self.evaluations.iter().any(|e| e.two_way() == Some(true))
    }
}

/// A span in days.
#[expect(clippy::cast_precision_loss, reason = "spans of deals are far below 2^53 milliseconds")]
pub fn days(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 86_400_000.0
}
