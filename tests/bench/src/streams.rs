//! Memory of `throughline up` under ten live streams, fed at the pace of speech.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use tokio::task::JoinSet;
use tokio::time::interval;
use transcription_gateway::audio::{MODEL_RATE_HZ, Reader, Resampler};

use crate::live::speak;
use crate::repository;
use crate::speech::clips::to_pcm;
use crate::speech::sample::SAMPLE;
use crate::up::Up;

const STREAMS: usize = 10;
const SECONDS: usize = 12;
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
        streams.spawn(speak(client.clone(), format!("Live {index}"), part.to_vec()));
    }
    let mut ticks = interval(SAMPLING_INTERVAL);
    let deadline = tokio::time::sleep(END_DEADLINE);
    tokio::pin!(deadline);
    let mut most_mb = 0.0_f64;
    loop {
        tokio::select! {
            ended = streams.join_next() => match ended {
                Some(ended) => {
                    let words: usize = ended??.iter().map(|segment| segment.words).sum();
                    anyhow::ensure!(words > 0, "a stream recognised no word");
                }
                None => break,
            },
            _ = ticks.tick() => most_mb = most_mb.max(up.resident_mb()?),
            () = &mut deadline => anyhow::bail!("streams were still open {} s after they began", END_DEADLINE.as_secs()),
        }
    }
    up.stop().await?;
    Ok(most_mb)
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
    Ok(samples.into_iter().map(to_pcm).collect())
}
