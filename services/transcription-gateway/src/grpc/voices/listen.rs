//! The sound a voice is enrolled from: read, listened to, and forgotten.

use std::sync::Arc;

use bytes::Bytes;
use throughline_rpc::auth::Principal;
use throughline_rpc::{Error, Reason};
use throughline_voices::VoiceError;
use throughline_voices::enrol::{Enrolment, MAX_SOUND_MS, enrol};
use tokio::task::spawn_blocking;

use super::{Asked, Source, Voices};
use crate::audio::{AudioError, MODEL_RATE_HZ, Reader, Resampler, Sound};
use crate::engine::EngineError;
use crate::grpc::errors;
use crate::recordings::storage_error;

/// What is heard in the sound; INVALID_ARGUMENT where no voice can be known by it.
pub async fn listen(service: &Voices, principal: &Principal, asked: &Asked) -> Result<Enrolment, Error> {
    let models = service.models.models().await.map_err(|e| model_error(&e))?;
    let (range, channel, path) = match &asked.source {
        Source::Sent(_) => (0..MAX_SOUND_MS, 0, None),
        Source::Stretch { call: [workspace, id], channel, start_ms, end_ms } => {
            let path = recording(service, principal, workspace, id).await?;
            (*start_ms..*end_ms, *channel, Some(path))
        }
    };
    let sent = match &asked.source {
        Source::Sent(bytes) => Bytes::from(bytes.clone()),
        Source::Stretch { .. } => Bytes::new(),
    };
    let work = move || {
        let samples = match path {
            Some(sound) => samples(&*sound, channel, range),
            None => samples(&sent, 0, 0..MAX_SOUND_MS),
        };
        samples.map(|samples| enrol(&models, &samples))
    };
    let heard = spawn_blocking(work).await.map_err(Error::internal)?;
    match heard.map_err(|e| errors::audio_error(&e))?.map_err(|e| model_error(&e))? {
        Ok(enrolment) => Ok(enrolment),
        Err(unfit) => {
            let what = format!("no voice can be enrolled from this sound: {unfit}");
            Err(Error::new(tonic::Code::InvalidArgument, Reason::AudioUnsupported, what)
                .with_metadata("detail", unfit.to_string()))
        }
    }
}

/// Why the models can't be had, as the caller is told.
pub fn model_error(error: &VoiceError) -> Error {
    match error {
        VoiceError::Missing(missing) => errors::engine_error(&EngineError::Missing(missing.clone())),
        VoiceError::Load(_) | VoiceError::Run(_) => Error::internal(error),
    }
}

async fn recording(
    service: &Voices,
    principal: &Principal,
    workspace: &str,
    id: &str,
) -> Result<Arc<dyn Sound>, Error> {
    let call = service.transcription.visible(principal, workspace, id).await?;
    let key = call.row.recording_key.ok_or_else(|| {
        let message = "the call has no recording to take a voice from";
        Error::failed_precondition(Reason::StateConflict, message).with_metadata("state", call.state.as_str())
    })?;
    let recording = service.transcription.recordings.recording(&key).await.map_err(storage_error)?;
    Ok(recording.share())
}

/// A stretch of one channel at 16 kHz.
fn samples<S: Sound + ?Sized>(
    sound: &S,
    channel: usize,
    range_ms: std::ops::Range<u64>,
) -> Result<Vec<f32>, AudioError> {
    let mut reader = Reader::open(sound)?;
    if channel >= reader.info().channels {
        return Err(AudioError::Unsupported(format!("the recording has no channel {channel}")));
    }
    let mut resampler = Resampler::new(reader.info().sample_rate_hz)?;
    let (mut planes, mut heard, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let sample = |ms: u64| usize::try_from(ms * u64::from(MODEL_RATE_HZ) / 1000).unwrap_or(usize::MAX);
    let (from, to) = (sample(range_ms.start), sample(range_ms.end));
    let (mut at, mut more) = (0, true);
    while more && at < to {
        heard.clear();
        more = reader.read(&mut planes)?;
        match planes.get(channel).filter(|_| more) {
            Some(plane) => resampler.push(plane, &mut heard)?,
            None => resampler.finish(&mut heard)?,
        }
        let (first, last) = (from.saturating_sub(at).min(heard.len()), (to - at).min(heard.len()));
        kept.extend_from_slice(heard.get(first..last.max(first)).unwrap_or_default());
        at += heard.len();
    }
    Ok(kept)
}
