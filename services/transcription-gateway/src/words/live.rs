//! Redaction of live segments, as far as a segment shows what it is.
//!
//! What is sent can't be called back: the first digits of a card look like any number until their cue or their end is
//! heard. So after a cue ("card number") the first digits are hidden already, and the last segments are remembered to
//! know a number that goes on; what was sent before the cue stays sent. The transcript is redacted as a whole.

use std::collections::VecDeque;

use throughline_words::{Edit, Edited, Found, Reading, Utterance};

use super::Preparation;
use crate::speech::live::Update;

/// Segments that are remembered: as far back as a cue is.
const REMEMBERED: usize = 12;

/// What is hidden in the segments of one stream. What it remembers goes with it.
#[derive(Debug)]
pub struct LiveRedaction {
    preparation: Preparation,
    said: VecDeque<(String, String)>,
}

impl LiveRedaction {
    pub fn new(preparation: Preparation) -> Self {
        Self { preparation, said: VecDeque::with_capacity(REMEMBERED) }
    }

    /// The update as it may be shown.
    pub fn show(&mut self, mut update: Update) -> Update {
        if !self.preparation.redacts() {
            return update;
        }
        let channel = update.piece.channel.to_string();
        let found = self.found(&channel, &update.piece.text);
        if update.is_final {
            if self.said.len() == REMEMBERED {
                self.said.pop_front();
            }
            self.said.push_back((channel, update.piece.text.clone()));
        }
        if let Some(first) = found.first() {
            let before = first.span.start;
            let edits =
                found.iter().map(|found| Edit { span: found.span.clone(), replacement: found.kind.mark().to_owned() });
            update.piece.text = Edited::new(&update.piece.text, edits.collect()).text;
            update.piece.words.clear();
            // A mark may grow or vanish with the next guess.
            update.stable_bytes =
                if update.is_final { update.piece.text.len() } else { update.stable_bytes.min(before) };
        }
        update
    }

    fn found(&self, channel: &str, text: &str) -> Vec<Found> {
        let said = self.said.iter().map(|(channel, text)| (channel.as_str(), text.as_str()));
        let utterances: Vec<Utterance<'_>> =
            said.chain([(channel, text)]).map(|(who, text)| Utterance { speaker: Some(who), text }).collect();
        let last = utterances.len() - 1;
        let mut found = throughline_words::find(&utterances, &self.preparation.kinds, Reading::Unfinished);
        found.retain(|found| found.utterance == last);
        found
    }
}
