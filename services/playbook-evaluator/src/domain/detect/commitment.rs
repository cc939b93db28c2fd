//! `commitment`: somebody takes something on, about this and by a day where that is asked for.

use super::Scan;
use super::hit::{Hit, Part, one_a_turn};
use super::leaf::neighbourhood;
use crate::domain::playbook::Speaker;
use crate::domain::playbook::detect::FactRef;

/// Names the part of a commitment that says the day.
pub const DAY_METHOD: &str = "commitment_date";

impl Scan<'_> {
    /// Commitments of `who`: the fact is anchored at the turn of the one who takes it on.
    pub(super) fn commitments(&self, who: Speaker, about: Option<usize>, dated: bool) -> Vec<Hit> {
        let all = self.facts.get(&FactRef::Commitments).map_or(&[][..], Vec::as_slice);
        let fitting = all.iter().filter_map(|hit| {
            let sure = self.admits(hit.turn, who)?;
            let is_dated = hit.parts.iter().any(|part| part.method == DAY_METHOD);
            let is_about = about.is_none_or(|set| hit.parts.iter().any(|part| self.speaks_of(part, set)));
            (is_about && (is_dated || !dated)).then(|| Hit { certain: hit.certain && sure, ..hit.clone() })
        });
        one_a_turn(fitting.collect())
    }

    /// Does a phrase of the set stand in the part's sentence?
    fn speaks_of(&self, part: &Part, set: usize) -> bool {
        let Some(text) = self.texts.get(part.turn as usize) else { return false };
        let range =
            if text.punctuated { text.sentence_of(part.tokens.start) } else { neighbourhood(text, &part.tokens) };
        self.in_turn(Some(set), part.turn)
            .iter()
            .any(|raw| range.start <= raw.tokens.start && raw.tokens.end <= range.end)
    }
}
