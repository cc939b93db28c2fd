//! What stands around a place where a name may stand.

use super::candidate::Candidate;
use super::cues::{BEFORE_NAME, BEHIND_NAME};
use super::feature::Feature;
use super::rivals::{KINDS, NEAR_NAME};
use crate::domain::text::TurnText;
use crate::domain::text::tag::Tags;
use std::ops::Range;

/// Words before a name in which a noun for a supplier counts.
const KIND_REACH: usize = 8;
/// Words behind a name in which `they` or `she` stands for it.
const PRONOUN_REACH: usize = 3;
/// Words on either side in which talk of suppliers counts.
const NEAR_REACH: usize = 14;

/// The cues of a turn.
pub(super) struct Around {
    before: Vec<(Feature, Range<usize>)>,
    behind: Vec<(Feature, Range<usize>)>,
    near: Vec<(Feature, Range<usize>)>,
    kinds: Vec<(Feature, Range<usize>)>,
}

impl Around {
    pub fn of(text: &TurnText) -> Self {
        Self {
            before: BEFORE_NAME.find(text),
            behind: BEHIND_NAME.find(text),
            near: NEAR_NAME.find(text),
            kinds: KINDS.find(text),
        }
    }

    pub fn mark(&self, text: &TurnText, candidate: &mut Candidate) {
        let Candidate { tokens, features } = candidate;
        let word = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
        let start = tokens.start;
        let determined = start > 0 && is_determiner(word(start - 1)) && text.sentence_of(start).start < start;
        // One relation on each side, the first of the table that stands there: `a quote from X` is an offer, no place.
        let led = self.before.iter().find(|(_, cue)| {
            let distance = start.wrapping_sub(cue.end);
            distance == 0 || (distance == 1 && determined)
        });
        // `something from Ghent called X` tells where it is from.
        let named_next = matches!(word(tokens.end), "called" | "named");
        features.insert(match led {
            Some((Feature::OfferFrom | Feature::PeopleFrom, _)) if named_next => Feature::From,
            Some((feature, _)) => *feature,
            None => Feature::Unled,
        });
        let sentence = text.sentence_of(start).end;
        let owned = usize::from(word(tokens.end) == "'s");
        let stands = |cue: &Range<usize>, reach: usize| (tokens.end..=tokens.end + reach).contains(&cue.start);
        let followed = self
            .behind
            .iter()
            .find(|(feature, cue)| !is_pronoun(*feature) && cue.start < sentence && stands(cue, owned));
        features.insert_if(followed.map_or(Feature::Unfollowed, |(feature, _)| *feature), true);
        // `they` may start the next sentence.
        for (feature, cue) in &self.behind {
            features
                .insert_if(*feature, matches!(feature, Feature::They | Feature::HeOrShe) && stands(cue, PRONOUN_REACH));
        }
        features.insert_if(
            Feature::Home,
            self.behind.iter().any(|(f, cue)| *f == Feature::Home && cue.start == tokens.end),
        );
        features.insert_if(Feature::TheyNext, they_next(text, tokens.end));
        let broken = !text.punctuated || text.tokens.get(tokens.end).is_some_and(|t| t.after_break);
        features.insert_if(
            Feature::OfficeNear,
            self.behind.iter().any(|(f, cue)| {
                *f == Feature::OfficeNear && broken && cue.start < sentence && stands(cue, PRONOUN_REACH)
            }),
        );
        for (feature, cue) in &self.near {
            let close = cue.start <= tokens.end + NEAR_REACH && start <= cue.end + NEAR_REACH;
            features.insert_if(*feature, close);
        }
        features.insert_if(Feature::Priced, is_priced(text, tokens.end));
        let had_in =
            features.contains(Feature::Has) && (features.contains(Feature::In) || features.contains(Feature::Visited));
        features.insert_if(Feature::HadIn, had_in);
        let kind = self.kinds.iter().any(|(_, k)| k.end <= start && start - k.end < KIND_REACH);
        let at_home = features.contains(Feature::From) || features.contains(Feature::Place);
        features.insert_if(Feature::KindBefore, kind && !at_home);
        // What follows is said of the one who is from there: `Bramble, out of Calgary, they came in at`.
        if features.contains(Feature::From) {
            for feature in [Feature::They, Feature::TheyNext, Feature::Visited, Feature::Offered] {
                features.remove(feature);
            }
        }
        let apart = text.tokens.get(start).is_some_and(|t| t.after_break) || text.sentence_of(start).start == start;
        features.insert_if(Feature::Apposed, kind && apart && text.punctuated);
        features.insert_if(Feature::Determined, determined);
        let next = text.tokens.get(tokens.end).filter(|_| tokens.end < sentence);
        features.insert_if(Feature::Break, next.is_some_and(|t| t.after_break));
    }
}

fn is_pronoun(feature: Feature) -> bool {
    matches!(feature, Feature::They | Feature::HeOrShe | Feature::Home | Feature::OfficeNear)
}

/// `Kronmeyer, they have`, `Polisflow. They were here`, `sensewell they are`.
fn they_next(text: &TurnText, at: usize) -> bool {
    let word = |i: usize| text.tokens.get(i).map_or("", |t| &*t.word);
    let skipped = usize::from(matches!(word(at), "also" | "too" | "people" | "guys" | "and"));
    let they = matches!(word(at + skipped), "they" | "their");
    they && (!text.punctuated
        || text.tokens.get(at).is_some_and(|t| t.after_break)
        || text.sentence_of(at).start + skipped == at + skipped)
}

/// Does an amount of money follow, or a number that no count of time or things explains?
fn is_priced(text: &TurnText, at: usize) -> bool {
    let next = text.tokens.iter().skip(at).take(NEAR_REACH);
    next.clone().any(|t| t.tags.contains(Tags::MONEY))
        || next.zip(text.tokens.iter().skip(at + 1)).any(|(a, b)| {
            a.tags.contains(Tags::NUMBER) && (b.tags.contains(Tags::NUMBER) || matches!(&*b.word, "k" | "a" | "per"))
        })
}

fn is_determiner(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "that"
            | "this"
            | "those"
            | "these"
            | "some"
            | "our"
            | "your"
            | "my"
            | "his"
            | "her"
            | "their"
            | "any"
            | "no"
            | "every"
            | "each"
    )
}
