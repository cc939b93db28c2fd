//! The first look at a recording: who speaks when on each channel that several share. The second is recognition.

use std::collections::BTreeMap;
use std::sync::Arc;

use throughline_voices::{Diarization, Diarizer, Embedding, Models, Span};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{Enrolled, HeardVoice, Known, compared, why};
use crate::audio::{Inspection, Reader, Resampler, Sound};
use crate::domain::attribution::Channels;
use crate::domain::call::Participant;
use crate::domain::transcript::{Separation, Speaker};
use crate::domain::voices::{attribute, label};
use crate::engine::EngineError;
use crate::speech::SpeechError;

/// What was found on a shared channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Channel {
    /// In order of time, voices by number.
    pub spans: Vec<Span>,
    /// Label and speaker of each voice.
    pub voices: Vec<(String, Speaker)>,
}

impl Channel {
    /// A voice of this channel as it stands in a transcript.
    pub fn heard(&self, voice: Option<(usize, f64)>) -> Option<HeardVoice> {
        let (number, confidence) = voice?;
        let (label, speaker) = self.voices.get(number)?.clone();
        Some(HeardVoice { number, label, confidence, speaker })
    }
}

/// What was found in a recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Separated {
    pub separation: Separation,
    /// By channel; those that are one person's are not among them.
    pub channels: BTreeMap<usize, Channel>,
}

/// The channels of a recording that are not one person's.
pub fn shared(participants: &[Participant], inspection: &Inspection) -> Vec<usize> {
    let heard = if inspection.channels_are_equal { 1 } else { inspection.info.channels };
    let known = Channels::new(participants, inspection.info.channels, inspection.channels_are_equal);
    (0..heard).filter(|channel| known.speaker(*channel).participant.is_none()).collect()
}

/// Looks at the shared channels of a recording. Only a recording that can't be read and being stopped are errors.
pub async fn separate<S: Sound + ?Sized>(
    known: Known,
    sound: &S,
    inspection: &Inspection,
    participants: &[Participant],
    cancel: &CancellationToken,
) -> Result<Separated, SpeechError> {
    let (models, enrolled) = match known {
        Known::Ready { models, enrolled, room: _ } => (models, enrolled),
        Known::Not(separation) => return Ok(Separated { separation, ..Separated::default() }),
    };
    let shared = shared(participants, inspection);
    let (sound, token) = (sound.share(), cancel.clone());
    let found = spawn_blocking(move || diarize(&*sound, &models, &shared, &token)).await;
    match found.map_err(|e| EngineError::Failed(e.to_string()))?? {
        Ok(found) => {
            let channels_tell = !inspection.channels_are_equal && inspection.info.channels > 1;
            let channels = name(found, participants, channels_tell, &enrolled);
            Ok(Separated { separation: Separation::Done, channels })
        }
        Err(separation) => Ok(Separated { separation, ..Separated::default() }),
    }
}

/// Labels run over all channels in the order in which voices are first heard.
fn name(
    found: BTreeMap<usize, Diarization>,
    participants: &[Participant],
    channels_tell: bool,
    enrolled: &[Enrolled],
) -> BTreeMap<usize, Channel> {
    let mut firsts: Vec<(u64, usize, usize)> = Vec::new();
    for (channel, diarization) in &found {
        for voice in 0..diarization.voices.len() {
            let first = diarization.spans.iter().find(|span| span.voice == voice);
            firsts.push((first.map_or(u64::MAX, |span| span.start_ms), *channel, voice));
        }
    }
    firsts.sort_unstable();
    let position = |channel: usize, voice: usize| {
        firsts.iter().position(|(_, c, v)| (*c, *v) == (channel, voice)).unwrap_or(firsts.len())
    };
    let named = |(channel, Diarization { spans, voices }): (usize, Diarization)| {
        let embeddings: Vec<Embedding> = voices.iter().map(|voice| voice.embedding).collect();
        let candidates = compared(&embeddings, participants, channels_tell, enrolled);
        let speakers = attribute(embeddings.len(), &candidates);
        let voices = speakers.into_iter().enumerate();
        let voices = voices.map(|(voice, speaker)| (label(position(channel, voice)), speaker)).collect();
        (channel, Channel { spans, voices })
    };
    found.into_iter().map(named).collect()
}

type Found = Result<BTreeMap<usize, Diarization>, Separation>;

/// Decodes packet by packet; what is kept of the recording is who spoke when.
fn diarize(
    sound: &dyn Sound,
    models: &Arc<Models>,
    shared: &[usize],
    cancel: &CancellationToken,
) -> Result<Found, SpeechError> {
    let mut reader = Reader::open(sound)?;
    let rate_hz = reader.info().sample_rate_hz;
    let mut channels = shared
        .iter()
        .map(|channel| Ok((*channel, Resampler::new(rate_hz)?, Diarizer::new(Arc::clone(models)))))
        .collect::<Result<Vec<_>, SpeechError>>()?;
    let (mut planes, mut samples) = (Vec::new(), Vec::new());
    while reader.read(&mut planes)? {
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        for (channel, resampler, diarizer) in &mut channels {
            samples.clear();
            resampler.push(planes.get(*channel).map(Vec::as_slice).unwrap_or_default(), &mut samples)?;
            if let Err(error) = diarizer.push(&samples) {
                return Ok(Err(why(&error)));
            }
        }
    }
    let mut found = BTreeMap::new();
    for (channel, mut resampler, mut diarizer) in channels {
        samples.clear();
        resampler.finish(&mut samples)?;
        match diarizer.push(&samples).and_then(|()| diarizer.finish()) {
            Ok(diarization) => _ = found.insert(channel, diarization),
            Err(error) => return Ok(Err(why(&error))),
        }
    }
    Ok(Ok(found))
}
