//! Memory of `throughline up` under ten live streams, fed at the pace of speech.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt as _;
use throughline_proto::transcription::v1::stream_audio_request::Message;
use throughline_proto::transcription::v1::stream_audio_response::Message as Answer;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::{Call, CreateCallRequest, StreamAudioHeader, StreamAudioRequest};
use throughline_rpc::client::Peer;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use transcription_gateway::audio::{MODEL_RATE_HZ, Reader, Resampler};

use crate::local::WORKSPACE;
use crate::repository;
use crate::speech::SAMPLE;
use crate::up::Up;

const STREAMS: usize = 10;
const SECONDS: usize = 12;
/// Sound in a message: a tenth of a second.
const CHUNK_SAMPLES: usize = MODEL_RATE_HZ as usize / 10;
const CHUNK_TIME: Duration = Duration::from_millis(100);
const SAMPLING_INTERVAL: Duration = Duration::from_millis(200);
/// What is still to be recognised when the sound ends.
const END_DEADLINE: Duration = Duration::from_secs(120);

/// Most resident memory while the streams were open. Each must end with words and a transcript.
pub async fn measure(models: &Path) -> anyhow::Result<f64> {
    let sound = tokio::task::spawn_blocking(sound).await??;
    let up = Up::start(models).await?;
    let client = TranscriptionServiceClient::new(up.peer(0)?);
    let mut streams = JoinSet::new();
    for index in 0..STREAMS {
        // Everybody says something else.
        let start = index * (sound.len() - SECONDS * MODEL_RATE_HZ as usize) / STREAMS;
        let part = sound.get(start..start + SECONDS * MODEL_RATE_HZ as usize).context("the sample is too short")?;
        streams.spawn(stream(client.clone(), index, part.to_vec()));
    }
    let mut ticks = interval(SAMPLING_INTERVAL);
    let deadline = tokio::time::sleep(END_DEADLINE);
    tokio::pin!(deadline);
    let mut most_mb = 0.0_f64;
    loop {
        tokio::select! {
            ended = streams.join_next() => match ended {
                Some(ended) => ended??,
                None => break,
            },
            _ = ticks.tick() => most_mb = most_mb.max(up.resident_mb()?),
            () = &mut deadline => anyhow::bail!("streams were still open {} s after they began", END_DEADLINE.as_secs()),
        }
    }
    up.stop().await?;
    Ok(most_mb)
}

async fn stream(mut client: TranscriptionServiceClient<Peer>, index: usize, sound: Vec<i16>) -> anyhow::Result<()> {
    let request = CreateCallRequest {
        parent: format!("workspaces/{WORKSPACE}"),
        call: Some(Call { title: format!("Live {index}"), ..Call::default() }),
        ..Default::default()
    };
    let call = client.create_call(request).await?.into_inner().name;
    let header = StreamAudioHeader {
        call,
        sample_rate_hz: MODEL_RATE_HZ as i32,
        channels: 1,
        partials: true,
        ..Default::default()
    };
    let mut ticks = interval(CHUNK_TIME);
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
    let (mut words, mut transcript) = (0, None);
    while let Some(answer) = answers.message().await? {
        match answer.message {
            Some(Answer::Segment(segment)) if segment.r#final => words += segment.text.split_whitespace().count(),
            Some(Answer::Transcript(name)) => transcript = Some(name),
            _ => {}
        }
    }
    anyhow::ensure!(words > 0, "stream {index} recognised no word");
    transcript.with_context(|| format!("stream {index} ended without a transcript")).map(drop)
}

/// The sample with both channels in one, as PCM16.
fn sound() -> anyhow::Result<Vec<i16>> {
    let mut reader = Reader::open(&repository(SAMPLE))?;
    let mut resampler = Resampler::new(reader.info().sample_rate_hz)?;
    let (mut planes, mut samples) = (Vec::new(), Vec::new());
    while reader.read(&mut planes)? {
        let mut mixed = planes.first().cloned().unwrap_or_default();
        for plane in planes.iter().skip(1) {
            mixed.iter_mut().zip(plane).for_each(|(sum, sample)| *sum += sample);
        }
        resampler.push(&mixed, &mut samples)?;
    }
    resampler.finish(&mut samples)?;
    Ok(samples.iter().map(|sample| (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16).collect())
}
