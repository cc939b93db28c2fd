//! The voices of a live stream: each segment is given to the voices heard so far before it is recognised.

use std::sync::{Arc, Mutex, PoisonError};

use throughline_voices::{Embedding, Tracker};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::{Enrolled, HeardVoice, Known, Room, compared, cut, why};
use crate::domain::attribution::Channels;
use crate::domain::call::Participant;
use crate::domain::transcript::Separation;
use crate::domain::voices::{attribute, label, recognised};
use crate::engine::segmenter::Segment;
use crate::speech::Piece;

/// A segment, and whose voice it is.
pub type HeardPart = (Segment, Option<HeardVoice>);

/// What the channels of a stream are listened to with.
#[derive(Default)]
pub struct Listening {
    pub separation: Separation,
    /// By channel; `None` for one person's own, and for all where voices are not told apart.
    pub listeners: Vec<Option<Listener>>,
}

/// Listens to one shared channel. Segments are heard in the order in which they are handed in.
pub struct Listener {
    ears: Arc<Mutex<Ears>>,
    /// Told when the segment before has been heard.
    before: Option<oneshot::Receiver<()>>,
    room: Room,
}

struct Ears {
    channel: usize,
    tracker: Tracker,
    people: Arc<People>,
    failed: Option<Separation>,
}

/// Who is on the call, and the labels that were given out: channel and number of each voice.
struct People {
    participants: Vec<Participant>,
    channels_tell: bool,
    enrolled: Vec<Enrolled>,
    labels: Mutex<Vec<(usize, usize)>>,
}

/// Whether a channel of a stream is not one person's.
pub fn is_shared(participants: &[Participant], channels: usize) -> bool {
    let attributed = Channels::new(participants, channels, false);
    (0..channels).any(|channel| attributed.speaker(channel).participant.is_none())
}

/// Listeners for the channels of a stream that several share.
pub fn listen(known: Known, participants: &[Participant], channels: usize) -> Listening {
    let attributed = Channels::new(participants, channels, false);
    let is_shared = |channel: usize| attributed.speaker(channel).participant.is_none();
    let (models, enrolled, room) = match known {
        Known::Ready { models, enrolled, room } => (models, enrolled, room),
        Known::Not(separation) => return Listening { separation, listeners: Vec::new() },
    };
    let people = Arc::new(People {
        participants: participants.to_vec(),
        channels_tell: channels > 1,
        enrolled,
        labels: Mutex::default(),
    });
    let listener = |channel| {
        let (tracker, people) = (Tracker::new(Arc::clone(&models)), Arc::clone(&people));
        let ears = Arc::new(Mutex::new(Ears { channel, tracker, people, failed: None }));
        Listener { ears, before: None, room: room.clone() }
    };
    let listeners = (0..channels).map(|channel| is_shared(channel).then(|| listener(channel))).collect();
    Listening { separation: Separation::Done, listeners }
}

impl Listener {
    /// The parts of a segment with their voices. Segments may be handed in before earlier ones are heard. Where too many
    /// wait already, it stays whole and its voice untold.
    pub fn hear(&mut self, segment: Segment) -> impl Future<Output = Vec<HeardPart>> + Send + use<> {
        let turn = self.room.take().map(|place| {
            let (done, next) = oneshot::channel();
            (place, self.before.replace(next), done)
        });
        let ears = Arc::clone(&self.ears);
        async move {
            let Some((place, before, done)) = turn else { return vec![(segment, None)] };
            if let Some(before) = before {
                // Whether it was heard or given up: its turn is over.
                let _ = before.await;
            }
            let whole = segment.clone();
            let hear = move || ears.lock().unwrap_or_else(PoisonError::into_inner).hear(segment);
            let heard = spawn_blocking(hear).await.unwrap_or_else(|_| vec![(whole, None)]);
            let _ = done.send(());
            drop(place);
            heard
        }
    }

    /// Whether segments wait for their voices, so that guesses had better not be made.
    pub fn is_behind(&self) -> bool {
        self.room.is_short()
    }

    /// Puts into the pieces of this channel what all voices together tell, now that no more will be heard. Returns what
    /// went wrong, if something did.
    pub fn conclude(&self, pieces: &mut [Piece]) -> Option<Separation> {
        let ears = self.ears.lock().unwrap_or_else(PoisonError::into_inner);
        let voices = ears.voices();
        let speakers = attribute(voices.len(), &ears.people.compared(&voices));
        for piece in pieces.iter_mut().filter(|piece| piece.channel == ears.channel) {
            if let Some(heard) = &mut piece.voice
                && let Some(speaker) = speakers.get(heard.number)
            {
                heard.speaker = speaker.clone();
            }
        }
        ears.failed
    }
}

impl Ears {
    fn hear(&mut self, segment: Segment) -> Vec<HeardPart> {
        let start_ms = segment.start_ms.saturating_sub(segment.lead_ms);
        let mut spans = match self.tracker.hear(&segment.samples) {
            Ok(spans) => spans,
            Err(error) => {
                self.failed = Some(why(&error));
                return vec![(segment, None)];
            }
        };
        for span in &mut spans {
            span.start_ms += start_ms;
            span.end_ms += start_ms;
        }
        let voices = self.voices();
        let speakers = recognised(voices.len(), &self.people.compared(&voices));
        cut(segment, &spans)
            .into_iter()
            .map(|part| {
                let heard = part.voice.map(|(number, confidence)| HeardVoice {
                    number,
                    label: self.people.label(self.channel, number),
                    confidence,
                    speaker: speakers.get(number).cloned().unwrap_or_default(),
                });
                (part.segment, heard)
            })
            .collect()
    }

    fn voices(&self) -> Vec<Embedding> {
        (0..self.tracker.voices()).filter_map(|voice| self.tracker.voice(voice)).collect()
    }
}

impl People {
    fn compared(&self, voices: &[Embedding]) -> Vec<crate::domain::voices::Candidate<'_>> {
        compared(voices, &self.participants, self.channels_tell, &self.enrolled)
    }

    /// Labels run over all channels, in the order in which they are given out.
    fn label(&self, channel: usize, number: usize) -> String {
        let mut labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        let position = labels.iter().position(|known| *known == (channel, number)).unwrap_or_else(|| {
            labels.push((channel, number));
            labels.len() - 1
        });
        label(position)
    }
}
