//! A recording of hours through the gateway: how fast, and in how much memory.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures::StreamExt as _;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_proto::transcription::v1::upload_recording_request::Message;
use throughline_proto::transcription::v1::{
    CallState, GetCallRequest, GetTranscriptRequest, UploadRecordingHeader, UploadRecordingRequest,
};
use throughline_rpc::client::Peer;
use tokio::io::AsyncReadExt as _;
use transcription_gateway::audio::MODEL_RATE_HZ;

use super::clips::{Clip, sound, to_pcm, wav_header};
use super::figures::Long;
use crate::gateway::{Gateway, new_call};

const CHUNK_BYTES: usize = 32 * 1024;
const POLL: Duration = Duration::from_millis(500);
/// Longest on the clock, over the length of the recording.
const SLOWEST: f64 = 1.0;
const SHORT_S: u64 = 600;
const PAUSE: usize = MODEL_RATE_HZ as usize;

/// Uploads a recording of ten minutes, then one of `hours`, to the same new gateway.
pub async fn measure(models: &Path, clips: &[Clip], hours: f64) -> anyhow::Result<Long> {
    let gateway = Gateway::start(models).await?;
    let short = recording(&gateway, clips, SHORT_S, "short.wav").await?;
    transcribe(&gateway, &short, SHORT_S).await?;
    let peak_mb_ten_minutes = gateway.peak_mb()?;
    let seconds = (hours * 3_600.0) as u64;
    let path = recording(&gateway, clips, seconds, "long.wav").await?;
    let before = gateway.cpu_time()?;
    let (took, turns) = transcribe(&gateway, &path, seconds).await?;
    let long = Long {
        hours,
        turns,
        real_time_factor: took.as_secs_f64() / seconds as f64,
        cpu_per_audio_s: (gateway.cpu_time()? - before).as_secs_f64() / seconds as f64,
        peak_mb_ten_minutes,
        peak_mb: gateway.peak_mb()?,
    };
    gateway.stop().await?;
    Ok(long)
}

/// The clips again and again, a second apart, as a WAV file of 16 kHz.
async fn recording(gateway: &Gateway, clips: &[Clip], seconds: u64, name: &str) -> anyhow::Result<PathBuf> {
    let (path, clips) = (gateway.folder().join(name), clips.to_vec());
    let write = move || {
        let mut part: Vec<u8> = Vec::new();
        for clip in &clips {
            part.extend(sound(&clip.path)?.into_iter().flat_map(|sample| to_pcm(sample).to_le_bytes()));
            part.resize(part.len() + PAUSE * 2, 0);
        }
        let bytes = seconds * u64::from(MODEL_RATE_HZ) * 2;
        let mut file = BufWriter::new(std::fs::File::create(&path)?);
        file.write_all(&wav_header(1, MODEL_RATE_HZ, 2, bytes)?)?;
        let mut left = usize::try_from(bytes)?;
        while left > 0 {
            let piece = part.get(..part.len().min(left)).unwrap_or_default();
            file.write_all(piece)?;
            left -= piece.len();
        }
        file.flush()?;
        anyhow::Ok(path)
    };
    tokio::task::spawn_blocking(write).await?
}

/// Uploads and waits; the time since the upload ended, and how many turns there are.
async fn transcribe(gateway: &Gateway, path: &Path, seconds: u64) -> anyhow::Result<(Duration, usize)> {
    let mut client = gateway.client()?;
    let call = new_call(&mut client, path.display().to_string()).await?;
    upload(&mut client, &call, path).await?;
    let started = Instant::now();
    let deadline = Duration::from_secs(60) + Duration::from_secs(seconds).mul_f64(SLOWEST);
    let done = loop {
        let now = client.get_call(GetCallRequest { name: call.clone() }).await?.into_inner();
        match now.state() {
            CallState::Transcribed => break now,
            CallState::Failed => bail!("a recording of {seconds} s failed: {}", now.failure),
            _ if started.elapsed() > deadline => bail!("a recording of {seconds} s takes longer than it lasts"),
            _ => tokio::time::sleep(POLL).await,
        }
    };
    let took = started.elapsed();
    let transcript = client.get_transcript(GetTranscriptRequest { name: done.transcript }).await?.into_inner();
    anyhow::ensure!(!transcript.turns.is_empty(), "a recording of {seconds} s has no turn");
    Ok((took, transcript.turns.len()))
}

async fn upload(client: &mut TranscriptionServiceClient<Peer>, call: &str, path: &Path) -> anyhow::Result<()> {
    let file = tokio::fs::File::open(path).await.with_context(|| path.display().to_string())?;
    let chunks = futures::stream::unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        // A file that can't be read any more ends too early, which its header tells the gateway.
        let read = (&mut file).take(CHUNK_BYTES as u64).read_to_end(&mut chunk).await.unwrap_or(0);
        (read > 0).then_some((UploadRecordingRequest { message: Some(Message::Chunk(chunk)) }, file))
    });
    let header = UploadRecordingHeader { call: call.to_owned(), ..Default::default() };
    let head = UploadRecordingRequest { message: Some(Message::Header(header)) };
    client.upload_recording(futures::stream::once(std::future::ready(head)).chain(chunks)).await?;
    Ok(())
}
