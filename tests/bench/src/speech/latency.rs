//! How long after the end of speech its final segment is there, with one and with many live streams; and what a stream
//! costs the gateway in memory and processor time.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;
use tokio::time::interval;
use transcription_gateway::audio::MODEL_RATE_HZ;

use super::clips::{Clip, sound, to_pcm};
use super::figures::{Figures, Latency, Live};
use crate::gateway::Gateway;
use crate::live::{Final, speak};

const SAMPLING_INTERVAL: Duration = Duration::from_millis(200);
/// Longest that streams may go on after their sound has ended.
const END_DEADLINE: Duration = Duration::from_secs(120);
/// Silence after each clip; a segment ends after half a second of it.
const PAUSE_MS: u64 = 1_500;
/// Streams do not begin in step: they are spread over this time.
const SPREAD: Duration = Duration::from_secs(4);
/// Clips outside are no turns of a talk.
const CLIP_MS: std::ops::RangeInclusive<u64> = 1_500..=12_000;
/// Speech ends with the last frame of 10 ms within 30 dB of the loudest one.
const FRAME: usize = MODEL_RATE_HZ as usize / 100;
const QUIET: f32 = 0.0316;
/// The detector's and this module's idea of the end differ: a final that ends this much earlier is of the same speech.
const END_TOLERANCE_MS: u64 = 500;

/// A clip's sound and where its speech ends.
struct Spoken {
    samples: Vec<i16>,
    end_ms: u64,
}

/// Sound of a stream and where speech ends in it.
struct Talk {
    samples: Vec<i16>,
    ends_ms: Vec<u64>,
}

/// Measures with each number of streams, fewest first, on one gateway.
pub async fn measure(
    models: &Path,
    clips: &[Clip],
    streams: &[usize],
    seconds: u64,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let clips = clips.to_vec();
    let spoken = tokio::task::spawn_blocking(move || spoken(&clips)).await??;
    let gateway = Gateway::start(models).await?;
    // Both recognisers load their model when they first have work.
    run(&gateway, &spoken, 4, 10).await.context("warming up")?;
    let mut latency = Latency::default();
    for &count in streams {
        eprintln!("  {count} streams, {seconds} s");
        let (mut after_ms, live) = run(&gateway, &spoken, count, seconds).await?;
        after_ms.sort_by(f64::total_cmp);
        latency.p50.extend(quantile(&after_ms, 0.5).map(|ms| (count, ms)));
        latency.p95.extend(quantile(&after_ms, 0.95).map(|ms| (count, ms)));
        figures.live.insert(count, live);
    }
    let (first, last) = (figures.live.first_key_value(), figures.live.last_key_value());
    figures.memory_per_stream_mb = first
        .zip(last)
        .filter(|((few, _), (many, _))| few < many)
        .map(|((few, first), (many, last))| (last.rss_mb - first.rss_mb) / (many - few) as f64);
    figures.final_latency_ms = Some(latency);
    gateway.stop().await
}

/// Latencies in milliseconds, and the rest.
async fn run(gateway: &Gateway, spoken: &[Spoken], count: usize, seconds: u64) -> anyhow::Result<(Vec<f64>, Live)> {
    let client = gateway.client()?;
    let mut streams = JoinSet::new();
    let before = gateway.cpu_time()?;
    let mut audio_s = 0.0;
    for index in 0..count {
        let Talk { samples, ends_ms } = talk(spoken, index * 7, seconds * 1000);
        audio_s += samples.len() as f64 / f64::from(MODEL_RATE_HZ);
        let client = client.clone();
        let wait = SPREAD.mul_f64(index as f64 / count as f64);
        streams.spawn(async move {
            tokio::time::sleep(wait).await;
            let finals = speak(client, format!("Live {index}"), samples).await?;
            let after_ms: Vec<_> = ends_ms.iter().map(|end_ms| latency_ms(*end_ms, &finals)).collect();
            anyhow::Ok((after_ms, finals.len(), finals.iter().filter(|segment| segment.has_voice).count()))
        });
    }
    let mut ticks = interval(SAMPLING_INTERVAL);
    let deadline = tokio::time::sleep(SPREAD + Duration::from_millis(2 * seconds * 1000) + END_DEADLINE);
    tokio::pin!(deadline);
    let (mut found, mut rss_mb) = (Vec::new(), 0.0_f64);
    let (mut segments, mut with_voice) = (0, 0);
    loop {
        tokio::select! {
            ended = streams.join_next() => match ended {
                Some(ended) => {
                    let (after_ms, all, voiced) = ended??;
                    found.extend(after_ms);
                    segments += all;
                    with_voice += voiced;
                }
                None => break,
            },
            _ = ticks.tick() => rss_mb = rss_mb.max(gateway.resident_mb()?),
            () = &mut deadline => anyhow::bail!("streams are still open"),
        }
    }
    let after_ms: Vec<f64> = found.iter().copied().flatten().collect();
    ensure!(!after_ms.is_empty(), "no end of speech had a final");
    let live = Live {
        finals: after_ms.len(),
        missing: found.len() - after_ms.len(),
        with_voice: with_voice as f64 / segments.max(1) as f64,
        max_ms: after_ms.iter().copied().fold(0.0, f64::max),
        rss_mb,
        cpu_per_audio_s: (gateway.cpu_time()? - before).as_secs_f64() / audio_s,
    };
    Ok((after_ms, live))
}

/// From the end of speech until the final segment that holds it had arrived.
fn latency_ms(end_ms: u64, finals: &[Final]) -> Option<f64> {
    let of_this = |segment: &&Final| segment.end_ms + END_TOLERANCE_MS >= end_ms && segment.start_ms < end_ms;
    finals.iter().find(of_this).map(|segment| segment.after.as_secs_f64() * 1000.0 - end_ms as f64)
}

/// Clips from the `first` on, with pauses, until they last about `ms`.
fn talk(spoken: &[Spoken], first: usize, ms: u64) -> Talk {
    let pause = (PAUSE_MS * u64::from(MODEL_RATE_HZ) / 1000) as usize;
    let mut talk = Talk { samples: vec![0; pause / 2], ends_ms: Vec::new() };
    for clip in spoken.iter().cycle().skip(first) {
        let now_ms = talk.samples.len() as u64 * 1000 / u64::from(MODEL_RATE_HZ);
        if now_ms >= ms {
            break;
        }
        talk.ends_ms.push(now_ms + clip.end_ms);
        talk.samples.extend(&clip.samples);
        talk.samples.resize(talk.samples.len() + pause, 0);
    }
    talk
}

fn spoken(clips: &[Clip]) -> anyhow::Result<Vec<Spoken>> {
    let mut spoken = Vec::new();
    for clip in clips {
        let samples = sound(&clip.path)?;
        if !CLIP_MS.contains(&(samples.len() as u64 * 1000 / u64::from(MODEL_RATE_HZ))) {
            continue;
        }
        let end_ms = speech_end_ms(&samples);
        spoken.push(Spoken { samples: samples.into_iter().map(to_pcm).collect(), end_ms });
    }
    ensure!(!spoken.is_empty(), "no clip lasts {} to {} ms", CLIP_MS.start(), CLIP_MS.end());
    Ok(spoken)
}

/// Where the last frame ends that is not quiet.
fn speech_end_ms(samples: &[f32]) -> u64 {
    let loudness = |frame: &[f32]| (frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32).sqrt();
    let levels: Vec<f32> = samples.chunks(FRAME).map(loudness).collect();
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    let last = levels.iter().rposition(|level| *level > loudest * QUIET).map_or(0, |index| index + 1);
    last as u64 * 10
}

/// Of sorted values.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let index = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start_ms: u64, end_ms: u64, after_ms: u64) -> Final {
        Final { start_ms, end_ms, words: 1, has_voice: false, after: Duration::from_millis(after_ms) }
    }

    #[test]
    fn the_final_that_holds_the_end_of_speech_counts() {
        let finals = [segment(0, 900, 1_500), segment(1_000, 3_100, 3_700), segment(5_000, 6_000, 6_600)];
        assert_eq!(latency_ms(3_000, &finals), Some(700.0));
        assert_eq!(latency_ms(6_400, &finals), Some(200.0));
        assert_eq!(latency_ms(4_000, &finals), None, "a clip without a final is missing, not taken from the next");
    }

    #[test]
    fn speech_ends_before_the_silence_after_it() {
        let mut samples = vec![0.3; 16_000];
        samples.extend(vec![0.001; 8_000]);
        assert_eq!(speech_end_ms(&samples), 1_000);
    }

    #[test]
    fn the_95th_of_a_hundred_is_the_95th_percentile() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((quantile(&values, 0.5), quantile(&values, 0.95)), (Some(50.0), Some(95.0)));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
