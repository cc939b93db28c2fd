//! `then`: one find after another.

use super::Scan;
use super::hit::Hit;
use crate::domain::call::Side;
use crate::domain::playbook::detect::By;

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
    pub(super) fn then(
        &self,
        first: &[Hit],
        next: Vec<Hit>,
        turns: Option<u32>,
        seconds: Option<u32>,
        by: Option<By>,
    ) -> Vec<Hit> {
        let mut before = first.iter().peekable();
        let mut latest = Latest::default();
        let mut hits = Vec::new();
        for hit in next {
            while let Some(earlier) = before.next_if(|b| b.turn < hit.turn) {
                latest.remember(earlier, self.side(earlier.turn));
            }
            let near = latest.0.iter().flatten().filter(|e| self.is_near(e, &hit, turns, seconds));
            let fitting = near.filter_map(|e| self.fits(e, &hit, by).map(|sure| (e, sure && e.certain && hit.certain)));
            if let Some((earlier, certain)) = fitting.max_by_key(|(e, certain)| (*certain, e.turn)) {
                let mut parts = earlier.parts.clone();
                parts.extend(hit.parts);
                hits.push(Hit { turn: hit.turn, parts, certain });
            }
        }
        hits
    }

    fn is_near(&self, earlier: &Hit, later: &Hit, turns: Option<u32>, seconds: Option<u32>) -> bool {
        let silent_ms = self.times(later.turn).0.saturating_sub(self.times(earlier.turn).1);
        turns.is_none_or(|n| later.turn - earlier.turn <= n)
            && seconds.is_none_or(|s| silent_ms <= s.saturating_mul(1000))
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
