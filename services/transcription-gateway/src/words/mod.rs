//! What is done to the words of a transcript before it is stored: what the workspace wants redacted is taken out, its
//! names are put right, numbers are written in digits beside the text.
//!
//! Owns: how the readings of `throughline-words` are put into turns, words with times, and ranges of milliseconds. In
//! this order: redaction comes first, so that nothing after it sees what may not be kept; it comes once more after the
//! names, since a name put right may be the cue of a number; digits are made of what is left. Does not own settings,
//! storage or sound. Every path to a transcript goes through here: [`finalize`](crate::finalize) takes nothing else.

mod aligned;
pub mod live;
mod names;
mod turn;

use std::collections::BTreeSet;

use throughline_store::{Db, Error, Result};
use throughline_words::{Found, Kind, Reading, Utterance, Vocabulary};
use tokio::task::spawn_blocking;

use crate::domain::call::Details;
use crate::domain::engine::Mode;
use crate::domain::resume;
use crate::domain::settings::TranscriptionSettings;
use crate::domain::transcript::{Draft, RedactionKind, Source, Turn};
use crate::engine::router::Ask;
use crate::store::row::StoredCall;
use crate::store::settings;

/// A transcript whose words are fit to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    draft: Draft,
    /// Who corrected it; empty for any other.
    author: String,
}

impl Prepared {
    /// A revision of a stored transcript: its words were prepared before.
    pub fn corrected(draft: Draft, author: &str) -> Self {
        Self { draft, author: author.to_owned() }
    }

    /// What goes on with a stored transcript `offset_ms` after its beginning.
    pub fn resuming(self, before: Draft, offset_ms: u64) -> Self {
        Self { draft: resume::joined(before, self.draft, offset_ms), ..self }
    }

    /// The transcript.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Who corrected it; empty for any other.
    pub fn author(&self) -> &str {
        &self.author
    }

    /// Stretches of the recording that may not be heard, milliseconds, in order and without overlaps.
    pub fn muted_ms(&self) -> Vec<std::ops::Range<u64>> {
        let all = self.draft.turns.iter().flat_map(|turn| &turn.annotations.redactions);
        let mut stretches: Vec<_> = all.map(|found| found.muted_ms.clone()).filter(|ms| !ms.is_empty()).collect();
        stretches.sort_by_key(|ms| (ms.start, ms.end));
        stretches.dedup();
        let mut merged: Vec<std::ops::Range<u64>> = Vec::with_capacity(stretches.len());
        for ms in stretches {
            match merged.last_mut().filter(|last| last.end >= ms.start) {
                Some(last) => last.end = last.end.max(ms.end),
                None => merged.push(ms),
            }
        }
        merged
    }
}

/// Prepares the transcript of a call by the settings that its workspace has now, on a thread of its own.
///
/// # Errors
/// The mapped database error.
pub async fn prepare(db: &Db, call: &StoredCall, draft: Draft) -> Result<Prepared> {
    let preparation = Preparation::of(db, call).await?;
    spawn_blocking(move || preparation.prepare(draft)).await.map_err(Error::internal)
}

/// What a workspace and a call want done to words.
#[derive(Debug)]
pub struct Preparation {
    kinds: BTreeSet<Kind>,
    vocabulary: Vocabulary,
    /// BCP 47 tag.
    language: Option<String>,
}

impl Preparation {
    /// By the settings of the workspace; the names of the call's people and account count as vocabulary.
    pub fn new(settings: &TranscriptionSettings, details: &Details) -> Self {
        Self {
            kinds: settings.redaction.iter().map(|kind| kind_of(*kind)).collect(),
            vocabulary: names::vocabulary(&settings.vocabulary, details),
            language: Some(settings.default_language.clone()).filter(|language| !language.is_empty()),
        }
    }

    /// By the settings that the workspace of a call has now.
    ///
    /// # Errors
    /// The mapped database error.
    pub async fn of(db: &Db, call: &StoredCall) -> Result<Self> {
        let stored = settings::find(db.conn(), &call.workspace).await?;
        Ok(Self::new(&stored.settings, &call.details))
    }

    /// Redacts everything and knows no names.
    pub fn cautious() -> Self {
        Self { kinds: Kind::ALL.into(), vocabulary: Vocabulary::default(), language: None }
    }

    /// What engines are asked for: the language that the workspace expects, and the names that may come up, those of the
    /// call first.
    pub fn ask(&self, workspace: &str, mode: Mode) -> Ask {
        let vocabulary = self.vocabulary.hints().map(str::to_owned).collect();
        Ask { language: self.language.clone(), vocabulary, ..Ask::new(workspace, mode) }
    }

    /// Whether anything is redacted.
    pub fn redacts(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// Prepares a transcript. It may take seconds for a long one: not on a thread that serves calls.
    pub fn prepare(&self, mut draft: Draft) -> Prepared {
        let muted = draft.source == Source::Recording;
        self.redact(&mut draft.turns, muted);
        if !self.vocabulary.is_empty() {
            draft
                .turns
                .iter_mut()
                .filter(|turn| !turn.unintelligible)
                .for_each(|turn| turn::correct(turn, &self.vocabulary));
            self.redact(&mut draft.turns, muted);
        }
        if is_english(&draft.language) {
            for turn in &mut draft.turns {
                turn.annotations.text_with_digits = throughline_words::with_digits(&turn.text).unwrap_or_default();
            }
        }
        Prepared { draft, author: String::new() }
    }

    fn redact(&self, turns: &mut [Turn], muted: bool) {
        for (index, found) in by_utterance(self.found(turns)) {
            if let Some(turn) = turns.get_mut(index) {
                turn::redact(turn, &found, muted);
            }
        }
        // Words that do not follow the text can't be told to be free of what was found in it, or was not.
        if self.redacts() {
            turns.iter_mut().filter(|turn| !aligned::follow(turn)).for_each(|turn| turn.annotations.words.clear());
        }
    }

    fn found(&self, turns: &[Turn]) -> Vec<Found> {
        let utterance = |turn: &'_ Turn| -> (Option<String>, String) { (speaker_key(turn), turn.text.clone()) };
        let said: Vec<(Option<String>, String)> = turns.iter().map(utterance).collect();
        let utterances: Vec<Utterance<'_>> =
            said.iter().map(|(speaker, text)| Utterance { speaker: speaker.as_deref(), text }).collect();
        throughline_words::find(&utterances, &self.kinds, Reading::Whole)
    }
}

/// Whoever spoke, as far as turns can be told to be of one person.
fn speaker_key(turn: &Turn) -> Option<String> {
    let voice = Some(&turn.annotations.voice).filter(|voice| !voice.is_empty());
    turn.speaker.participant.clone().or_else(|| voice.map(|voice| format!("voice {voice}")))
}

/// What was found in each utterance.
fn by_utterance(found: Vec<Found>) -> Vec<(usize, Vec<Found>)> {
    let mut grouped: Vec<(usize, Vec<Found>)> = Vec::new();
    for found in found {
        match grouped.last_mut() {
            Some((index, own)) if *index == found.utterance => own.push(found),
            _ => grouped.push((found.utterance, vec![found])),
        }
    }
    grouped
}

/// Numbers are read in English only; a transcript that does not say its language is taken for English.
fn is_english(language: &str) -> bool {
    language.is_empty() || language.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case("en"))
}

fn kind_of(kind: RedactionKind) -> Kind {
    match kind {
        RedactionKind::Card => Kind::Card,
        RedactionKind::BankAccount => Kind::BankAccount,
        RedactionKind::Identity => Kind::Identity,
        RedactionKind::Secret => Kind::Secret,
    }
}

fn redaction_kind(kind: Kind) -> RedactionKind {
    match kind {
        Kind::Card => RedactionKind::Card,
        Kind::BankAccount => RedactionKind::BankAccount,
        Kind::Identity => RedactionKind::Identity,
        Kind::Secret => RedactionKind::Secret,
    }
}

#[cfg(test)]
mod tests;
