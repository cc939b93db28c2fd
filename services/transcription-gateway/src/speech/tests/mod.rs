mod live;
mod recording;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::audio::Reader;
use crate::domain::transcript::Word;
use crate::engine::{Capabilities, EngineError, Recognition, Request, SpeechEngine, Urgency};

/// A recogniser that says how long a segment was, and what was asked of it.
#[derive(Default)]
struct Stand {
    /// Segments being recognised now, and at most.
    now: AtomicUsize,
    most: AtomicUsize,
    longest: AtomicUsize,
    partials: AtomicUsize,
    /// Answers partials as a full queue does.
    no_room_for_partials: bool,
    /// What finals are answered from this one on.
    fails_from: Option<usize>,
    /// Whether the first final is not understood.
    fails_first: bool,
    finals: AtomicUsize,
    /// Finds no words in anything.
    says_nothing: bool,
}

#[async_trait]
impl SpeechEngine for Stand {
    fn name(&self) -> Cow<'_, str> {
        "stand-in".into()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            languages: vec!["en".to_owned()],
            max_segment_ms: 12_000,
            partials: true,
            word_times: true,
            punctuation: false,
            live: true,
            batch: true,
        }
    }

    async fn prepare(&self) -> Result<(), EngineError> {
        Ok(())
    }

    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        let Request { samples, urgency, .. } = &request;
        let busy = EngineError::Busy { retry_after: Duration::from_secs(3) };
        if *urgency == Urgency::Partial {
            self.partials.fetch_add(1, Ordering::Relaxed);
            if self.no_room_for_partials {
                return Err(busy);
            }
        } else {
            let number = self.finals.fetch_add(1, Ordering::Relaxed);
            if self.fails_from.is_some_and(|from| number >= from) || (self.fails_first && number == 0) {
                return Err(busy);
            }
        }
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        self.longest.fetch_max(samples.len(), Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        if self.says_nothing {
            return Ok(Recognition::default());
        }
        let length_ms = request.audio_ms();
        let word = |text: &str, start_ms, end_ms| Word { text: text.to_owned(), start_ms, end_ms, confidence: None };
        Ok(Recognition {
            text: format!("heard {length_ms} ms"),
            // One that counts past the end, as engines do.
            words: vec![word("heard", 0, 300), word("ms", 300, length_ms + 40)],
            language: None,
        })
    }

    fn has_room(&self) -> bool {
        true
    }

    async fn stop(&self) {}
}

/// The sample call: two channels at 16 kHz, people who take turns.
fn sample() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../samples/calls/discovery.flac")
}

/// The first `seconds` of the sample, a vector a channel.
fn speech(seconds: usize) -> Vec<Vec<f32>> {
    let mut reader = Reader::open(&sample()).unwrap();
    let (mut planes, mut channels) = (Vec::new(), vec![Vec::new(); 2]);
    while channels[0].len() < seconds * 16_000 && reader.read(&mut planes).unwrap() {
        channels.iter_mut().zip(&planes).for_each(|(channel, plane)| channel.extend_from_slice(plane));
    }
    channels.iter_mut().for_each(|channel| channel.truncate(seconds * 16_000));
    channels
}

fn pcm16(samples: impl IntoIterator<Item = f32>) -> Vec<u8> {
    samples.into_iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect()
}

/// A WAV header for `bytes` of sound of format `tag` (1 PCM, 7 µ-law).
fn wav_header(tag: u16, channels: u16, rate_hz: u32, bits: u16, bytes: u32) -> Vec<u8> {
    let align = channels * bits / 8;
    // Formats other than PCM tell the size of their extension.
    let extension: &[u8] = if tag == 1 { &[] } else { &[0, 0] };
    let mut header = b"RIFF".to_vec();
    header.extend((bytes + 36 + extension.len() as u32).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend((16 + extension.len() as u32).to_le_bytes());
    header.extend(tag.to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(rate_hz.to_le_bytes());
    header.extend((rate_hz * u32::from(align)).to_le_bytes());
    header.extend(align.to_le_bytes());
    header.extend(bits.to_le_bytes());
    header.extend(extension);
    header.extend(b"data");
    header.extend(bytes.to_le_bytes());
    header
}
