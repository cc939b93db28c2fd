//! A caller that speaks into `StreamAudio` at the pace of speech and hears the answers.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt as _;
use throughline_proto::transcription::v1::stream_audio_request::Message;
use throughline_proto::transcription::v1::stream_audio_response::Message as Answer;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{StreamAudioHeader, StreamAudioRequest};
use throughline_rpc::client::Peer;
use tokio::time::{MissedTickBehavior, interval_at};
use transcription_gateway::audio::MODEL_RATE_HZ;

use crate::gateway::new_call;

/// Sound in a message.
const CHUNK_MS: usize = 50;
const CHUNK_SAMPLES: usize = MODEL_RATE_HZ as usize * CHUNK_MS / 1000;

/// A final segment.
pub struct Final {
    pub start_ms: u64,
    pub end_ms: u64,
    pub words: usize,
    /// Whether it says whose voice it is.
    pub has_voice: bool,
    /// When the client had it, from the moment the sound began.
    pub after: Duration,
}

/// Speaks `sound` (16 kHz) into a new call, with partials: a chunk is sent when its last sample was spoken. The stream
/// must end with a transcript.
pub async fn speak(
    mut client: TranscriptionServiceClient<Peer>,
    title: String,
    sound: Vec<i16>,
) -> anyhow::Result<Vec<Final>> {
    let call = new_call(&mut client, title.clone()).await?;
    let header = StreamAudioHeader {
        call,
        sample_rate_hz: MODEL_RATE_HZ as i32,
        channels: 1,
        partials: true,
        ..Default::default()
    };
    let pace = Duration::from_millis(CHUNK_MS as u64);
    let began = Instant::now();
    let mut ticks = interval_at(tokio::time::Instant::from_std(began) + pace, pace);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let chunks = futures::stream::unfold((ticks, sound, 0), |(mut ticks, sound, start)| async move {
        let end = (start + CHUNK_SAMPLES).min(sound.len());
        let chunk = sound.get(start..end).filter(|chunk| !chunk.is_empty())?;
        let bytes = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        ticks.tick().await;
        Some((StreamAudioRequest { message: Some(Message::Audio(bytes)) }, (ticks, sound, end)))
    });
    let head = StreamAudioRequest { message: Some(Message::Header(header)) };
    let messages = futures::stream::once(std::future::ready(head)).chain(chunks);
    let mut answers = client.stream_audio(messages).await?.into_inner();
    let (mut finals, mut transcript) = (Vec::new(), None);
    while let Some(answer) = answers.message().await? {
        match answer.message {
            Some(Answer::Segment(segment)) if segment.r#final => finals.push(Final {
                start_ms: u64::try_from(segment.start_ms)?,
                end_ms: u64::try_from(segment.end_ms)?,
                words: segment.text.split_whitespace().count(),
                has_voice: !segment.voice.is_empty(),
                after: began.elapsed(),
            }),
            Some(Answer::Transcript(name)) => transcript = Some(name),
            _ => {}
        }
    }
    transcript.with_context(|| format!("{title} ended without a transcript"))?;
    Ok(finals)
}
