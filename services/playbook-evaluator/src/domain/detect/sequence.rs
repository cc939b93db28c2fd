//! `then`: one find after another. `count`: so many in a row.

use super::Scan;
use super::hit::{Doubt, Hit, MAX_PARTS, bounded};
use crate::domain::call::Side;
use crate::domain::playbook::detect::By;

/// Most finds whose words a count stands on: those that completed it.
const MAX_COUNTED: usize = MAX_PARTS;

/// How far apart two finds may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub turns: Option<u32>,
    pub seconds: Option<u32>,
}

/// The latest finds so far, by side and certainty.
#[derive(Default)]
struct Latest<'h>([Option<&'h Hit>; 6]);

impl<'h> Latest<'h> {
    fn remember(&mut self, hit: &'h Hit, side: Side) {
        let slot = slot(side, hit.certain);
        if let Some(place) = self.0.get_mut(slot) {
            *place = Some(hit);
        }
    }
}

fn slot(side: Side, certain: bool) -> usize {
    let side = match side {
        Side::Rep => 0,
        Side::Buyer => 1,
        Side::Unknown => 2,
    };
    side * 2 + usize::from(!certain)
}

impl Scan<'_> {
    /// Every `next` that follows a `first` in an earlier turn, near enough.
    pub(super) fn then(&self, first: &[Hit], next: Vec<Hit>, span: Span, by: Option<By>) -> Vec<Hit> {
        let mut before = first.iter().peekable();
        let mut latest = Latest::default();
        let mut hits = Vec::new();
        for hit in next {
            while let Some(earlier) = before.next_if(|b| b.turn < hit.turn) {
                latest.remember(earlier, self.side(earlier.turn));
            }
            let near = latest.0.iter().flatten().filter(|e| self.is_near(e, &hit, span));
            let fitting = near.filter_map(|e| self.fits(e, &hit, by).map(|sure| (e, sure)));
            let certain = |(e, sure): &(&&Hit, bool)| *sure && e.certain && hit.certain;
            if let Some(found) = fitting.max_by_key(|found| (certain(found), found.0.turn)) {
                let (certain, (earlier, sure)) = (certain(&found), found);
                let doubt = if sure { earlier.doubt_beside(&hit) } else { Doubt::Side };
                let parts = bounded(earlier.parts.iter().cloned().chain(hit.parts));
                hits.push(Hit { turn: hit.turn, parts, certain, doubt });
            }
        }
        hits
    }

    /// Every find that completes `at_least` of them inside the span; none where `at_most` is passed anywhere. What can't
    /// prove anything counts as if it might.
    pub(super) fn count(&self, hits: Vec<Hit>, at_least: u32, at_most: Option<u32>, span: Span) -> Vec<Hit> {
        let certain: Vec<&Hit> = hits.iter().filter(|h| h.certain).collect();
        let every: Vec<&Hit> = hits.iter().collect();
        let passed = |finds: &[&Hit]| {
            let many = at_most.map_or(usize::MAX, |n| n as usize + 1);
            finds.windows(many.min(finds.len() + 1)).any(|run| self.is_run(run, span))
        };
        if passed(&certain) {
            return Vec::new();
        }
        let few_enough = !passed(&every);
        let doubtful = every.iter().find(|h| !h.certain).map(|h| h.doubt);
        let mut seen = 0;
        let counted = every.iter().enumerate().filter_map(|(i, hit)| {
            seen += usize::from(hit.certain);
            let known = certain.get(..seen).filter(|_| hit.certain).and_then(|c| self.run_of(c, at_least, span));
            let run = known.or_else(|| self.run_of(every.get(..=i)?, at_least, span))?;
            let latest = run.len().saturating_sub(MAX_COUNTED);
            let parts = bounded(run.iter().skip(latest).flat_map(|h| h.parts.iter().cloned()));
            let certain = known.is_some() && few_enough;
            let doubt = run.iter().find(|h| !h.certain).map(|h| h.doubt).or(doubtful).filter(|_| !certain);
            Some(Hit { turn: hit.turn, parts, certain, doubt: doubt.unwrap_or_default() })
        });
        counted.collect()
    }

    /// The last `n` finds, if they lie inside the span.
    fn run_of<'r, 'h>(&self, finds: &'r [&'h Hit], n: u32, span: Span) -> Option<&'r [&'h Hit]> {
        let run = finds.get(finds.len().checked_sub(n as usize)?..)?;
        self.is_run(run, span).then_some(run)
    }

    fn is_run(&self, run: &[&Hit], span: Span) -> bool {
        matches!((run.first(), run.last()), (Some(first), Some(last)) if self.is_near(first, last, span))
    }

    pub(super) fn is_near(&self, earlier: &Hit, later: &Hit, span: Span) -> bool {
        let silent_ms = self.times(later.turn).0.saturating_sub(self.times(earlier.turn).1);
        span.turns.is_none_or(|n| later.turn - earlier.turn <= n)
            && span.seconds.is_none_or(|s| silent_ms <= s.saturating_mul(1000))
    }

    /// Is it the speaker who was asked for? Some(false) where that can't be known.
    fn fits(&self, earlier: &Hit, later: &Hit, by: Option<By>) -> Option<bool> {
        let Some(by) = by else { return Some(true) };
        match (self.side(earlier.turn), self.side(later.turn)) {
            (Side::Unknown, _) | (_, Side::Unknown) => Some(false),
            (a, b) => ((a == b) == (by == By::Same)).then_some(true),
        }
    }
}
