//! Recognize: the path of a recording, without a call.

use bytes::Bytes;
use throughline_proto::nvidia::riva::AudioEncoding;
use throughline_proto::nvidia::riva::asr::{RecognizeRequest, RecognizeResponse};
use throughline_rpc::Error;

use super::wanted::{Wanted, is_raw};
use super::{RivaEdge, render};
use crate::audio::{AudioError, wave};
use crate::domain::call::Participant;
use crate::domain::engine::Mode;
use crate::grpc::errors;
use crate::speech::{SpeechError, recording};
use crate::voices::Separated;

pub(super) async fn recognize(
    edge: &RivaEdge,
    workspace: &str,
    request: RecognizeRequest,
) -> Result<RecognizeResponse, Error> {
    let RecognizeRequest { config, audio, id } = request;
    if audio.is_empty() {
        return Err(Error::invalid_field("audio", "is required"));
    }
    let config = config.unwrap_or_default();
    // Clients of Riva send wave files as they are and call them LINEAR_PCM.
    let is_file = audio.starts_with(b"RIFF") || !is_raw(config.encoding());
    let wanted = Wanted::of_whole(config, is_file)?;
    let engine = edge.engine(workspace, Mode::Batch, &wanted);
    engine.prepare().await.map_err(|error| errors::engine_error(&error))?;
    let _room = edge.room(engine.as_ref())?;
    let sound = Bytes::from(if is_file { audio } else { with_header(&audio, &wanted) });
    let results = match transcribe(edge, &sound, engine, &wanted).await {
        Ok(results) => results,
        // To Riva silence is an answer like any other.
        Err(SpeechError::NoSpeech { .. } | SpeechError::Audio(AudioError::Silent { .. })) => Vec::new(),
        Err(error) => return Err(errors::speech_error(&error)),
    };
    Ok(RecognizeResponse { results, id })
}

async fn transcribe(
    edge: &RivaEdge,
    sound: &Bytes,
    engine: std::sync::Arc<dyn crate::engine::SpeechEngine>,
    wanted: &Wanted,
) -> Result<Vec<throughline_proto::nvidia::riva::asr::SpeechRecognitionResult>, SpeechError> {
    let inspection = recording::examine(sound, &edge.shutdown).await?;
    // Each channel is somebody, so that turns can be told by channel.
    let people: Vec<Participant> = (0..u8::try_from(inspection.info.channels).unwrap_or(0))
        .map(|channel| Participant { id: channel.to_string(), channel: Some(channel), ..Participant::default() })
        .collect();
    let draft =
        recording::transcribe(sound, &inspection, &people, Separated::default(), &engine, &edge.shutdown, |_| {})
            .await?;
    let results = draft.turns.iter().filter_map(|turn| {
        let channel = turn.speaker.participant.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0);
        render::turn(turn, channel, &draft.language, wanted)
    });
    Ok(results.collect())
}

/// Sound that does not say what it is, as a file that does.
fn with_header(audio: &[u8], wanted: &Wanted) -> Vec<u8> {
    let coding = match wanted.encoding {
        AudioEncoding::Mulaw => wave::Coding::Mulaw,
        AudioEncoding::Alaw => wave::Coding::Alaw,
        _ => wave::Coding::Pcm16,
    };
    wave::file(coding, wanted.channels, wanted.sample_rate_hz, audio)
}
