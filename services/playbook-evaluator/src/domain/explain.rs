//! Why an evaluation says what it says of a behavior or signal: the expression with the words each part of it found.

use std::collections::HashMap;
use std::ops::Range;

use super::call::{Call, Transcript};
use super::detect::{Discard, Hit, Judged, Named, Part, Program, Scan, Trace, Why};
use super::evaluate::{Revision, Vectors, is_in_time};
use super::evaluation::Outcome;
use super::evidence::{Evidence, Quoter};
use super::playbook::{DetectNode, Speaker};
use super::target::Target;
use super::text::TurnText;

/// Places told of one part of an expression, of each kind.
const MAX_PLACES_OF_PART: usize = 20;
/// Quotes told in all: an answer stays below the 4 MiB that clients take.
const MAX_QUOTES: usize = 3_000;
/// Longest words told verbatim, bytes.
const MAX_WORDS_BYTES: usize = 320;

/// Why an evaluation says what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub outcome: Outcome,
    pub reason: String,
    pub root: Explained,
    /// What was left out, in sentences.
    pub notes: Vec<String>,
}

/// A part of an expression and what it found.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub operator: &'static str,
    pub path: String,
    pub line: u32,
    pub side: Speaker,
    pub refers_to: String,
    pub fired: Vec<Fired>,
    pub fired_count: usize,
    pub discarded: Vec<PassedOver>,
    pub discarded_count: usize,
    /// With the turns of the highest probability.
    pub classifier: Option<Judged>,
    pub parts: Vec<Explained>,
}

/// A find.
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    pub turn: u32,
    pub words: Vec<Quoted>,
    pub certain: bool,
}

/// Words that did not count.
#[derive(Debug, Clone, PartialEq)]
pub struct PassedOver {
    pub turn: u32,
    pub words: Quoted,
    pub why: Why,
    pub detail: String,
}

/// Words of a turn, verbatim, and the sentence around them where the turn can carry a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Quoted {
    pub text: String,
    pub evidence: Option<Evidence>,
}

impl Revision {
    /// Explains what `evaluate` says of a target, with the same vectors; none where the revision has no such behavior or
    /// signal.
    pub fn explain(
        &self,
        call: &Call,
        transcript: &Transcript,
        vectors: Option<&Vectors>,
        target: &Target,
    ) -> Option<Explanation> {
        let (outcome, reason) = target.outcome(&self.evaluate(call, transcript, vectors))?;
        let (source, program) = self.program(target)?;
        let texts = TurnText::read_all(transcript.turns.iter().map(|t| t.text.as_str()));
        let mut scan = self.scan(call, transcript, &texts);
        if let (Some(model), Some(vectors)) = (&self.model, vectors) {
            scan.learn(model, &vectors.turns);
        }
        let (mut trace, cut) = scan.trace(source, program, &self.named());
        self.pass_over_late(target, &mut trace, &scan);
        let mut teller =
            Teller { quoter: Quoter { call, transcript, texts: &texts }, left: MAX_QUOTES, quotes: HashMap::new() };
        let root = teller.tell(trace);
        let mut notes = Vec::new();
        if cut {
            notes.push("The expression has more parts than are told.".to_owned());
        }
        if teller.left == 0 {
            notes.push(format!("More than {MAX_QUOTES} quotes were found; the others are only counted."));
        }
        Some(Explanation { outcome, reason, root, notes })
    }

    fn program(&self, target: &Target) -> Option<(&DetectNode, &Program)> {
        let (source, _) = target.detector(self)?;
        let (at, programs) = match target {
            Target::Behavior(id) => {
                (self.playbook.behaviors.iter().position(|b| b.id.as_str() == id)?, &self.detectors.behaviors)
            }
            Target::Signal(id) => (self.detectors.names.iter().position(|name| name == id)?, &self.detectors.named),
        };
        Some((source, programs.get(at)?))
    }

    /// Concepts first, then signals, as they were compiled.
    fn named(&self) -> Named<'_> {
        let concepts = self.playbook.concepts.iter().map(|c| &c.detect);
        concepts.chain(self.playbook.signals.iter().map(|s| &s.detect)).zip(&self.detectors.named).collect()
    }

    /// What was shown after it was due did not count.
    fn pass_over_late(&self, target: &Target, root: &mut Trace, scan: &Scan<'_>) {
        let Target::Behavior(id) = target else { return };
        let due = self.playbook.behaviors.iter().find(|b| b.id.as_str() == id).and_then(|b| b.due);
        let (in_time, late): (Vec<Hit>, Vec<Hit>) =
            std::mem::take(&mut root.fired).into_iter().partition(|hit| is_in_time(hit, due, scan));
        root.fired = in_time;
        root.discarded.extend(late.iter().map(|hit| Discard::of(hit, Why::AfterDue, String::new())));
        root.discarded.sort_by_key(|d| d.part.turn);
    }
}

/// Renders traces, within bounds.
struct Teller<'a> {
    quoter: Quoter<'a>,
    left: usize,
    /// The same words are quoted for many parts: grounding is checked once.
    quotes: HashMap<(u32, Range<usize>, &'static str), Quoted>,
}

impl Teller<'_> {
    fn tell(&mut self, trace: Trace) -> Explained {
        let Trace { operator, path, line, side, refers_to, fired, discarded, classifier, parts } = trace;
        let (fired_count, discarded_count) = (fired.len(), discarded.len());
        let fired = fired.into_iter().take(self.take(fired_count));
        let fired = fired.map(|hit| self.fired(&hit)).collect();
        let discarded = discarded.into_iter().take(self.take(discarded_count));
        let discarded = discarded.map(|discard| self.passed_over(discard)).collect();
        let parts = parts.into_iter().map(|part| self.tell(part)).collect();
        Explained {
            operator,
            path,
            line,
            side,
            refers_to,
            fired,
            fired_count,
            discarded,
            discarded_count,
            classifier: classifier.map(likeliest),
            parts,
        }
    }

    /// How many of so many places are told.
    fn take(&self, places: usize) -> usize {
        places.min(MAX_PLACES_OF_PART).min(self.left)
    }

    fn fired(&mut self, hit: &Hit) -> Fired {
        let words = hit.parts.iter().map(|part| self.quoted(part)).collect();
        Fired { turn: hit.turn, words, certain: hit.certain }
    }

    fn passed_over(&mut self, discard: Discard) -> PassedOver {
        let Discard { part, why, detail } = discard;
        PassedOver { turn: part.turn, words: self.quoted(&part), why, detail }
    }

    fn quoted(&mut self, part: &Part) -> Quoted {
        self.left = self.left.saturating_sub(1);
        let key = (part.turn, part.tokens.clone(), part.method);
        if let Some(known) = self.quotes.get(&key) {
            return known.clone();
        }
        let source = self.quoter.transcript.turns.get(part.turn as usize).map_or("", |t| t.text.as_str());
        let said = self.quoter.texts.get(part.turn as usize).and_then(|text| text.said(source, &part.tokens));
        let quoted = Quoted {
            text: beginning(said.unwrap_or_default()).to_owned(),
            evidence: self.quoter.quote(part.turn, part.tokens.clone(), part.method),
        };
        self.quotes.insert(key, quoted.clone());
        quoted
    }
}

/// The turns of the highest probability, by turn.
fn likeliest(mut judged: Judged) -> Judged {
    judged.turns.sort_by(|a, b| b.1.total_cmp(&a.1));
    judged.turns.truncate(MAX_PLACES_OF_PART);
    judged.turns.sort_by_key(|(turn, _)| *turn);
    judged
}

fn beginning(words: &str) -> &str {
    words.get(..words.floor_char_boundary(MAX_WORDS_BYTES)).unwrap_or(words)
}

#[cfg(test)]
mod tests;
