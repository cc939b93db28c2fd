//! A recording once more, with silence in some places: as FLAC, block by block, so that memory does not grow with its
//! length. Rate, channels and length stay as they were; samples have 16 bits.

use std::ops::Range;

use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr, Frame, Stream, StreamInfo};
use flacenc::config::Encoder;
use flacenc::error::{Verified, Verify as _};
use flacenc::source::{Fill as _, FrameBuf};

use super::{AudioError, Reader, Sound};

/// Name of container and codec, as the reader names it.
pub const CODEC: &str = "flac/flac";
const BITS: usize = 16;
/// Samples a channel in a block.
const BLOCK: usize = 4_096;

/// Hands `sound` on as FLAC, silent in `stretches` (milliseconds, in order, without overlaps). `frames` is its length in
/// samples a channel, for the header. `write` takes the bytes; it returns false when nobody wants more of them.
///
/// # Errors
/// When the sound can't be read, or can't be encoded, which is a defect.
pub fn silence<S: Sound + ?Sized>(
    sound: &S,
    frames: u64,
    stretches: &[Range<u64>],
    mut write: impl FnMut(Vec<u8>) -> bool,
) -> Result<(), AudioError> {
    let mut reader = Reader::open(sound)?;
    let (channels, rate) = (reader.info().channels, reader.info().sample_rate_hz);
    let mut blocks = Blocks::new(channels, rate, frames)?;
    if !write(blocks.header()?) {
        return Ok(());
    }
    let silent: Vec<Range<u64>> = stretches.iter().map(|ms| samples(ms, rate)).collect();
    let (mut planes, mut waiting, mut position, mut next) = (Vec::new(), Vec::<i32>::new(), 0_u64, 0);
    while reader.read(&mut planes)? {
        let length = planes.iter().map(Vec::len).min().unwrap_or(0);
        for index in 0..length {
            let at = position + index as u64;
            while silent.get(next).is_some_and(|range| range.end <= at) {
                next += 1;
            }
            let quiet = silent.get(next).is_some_and(|range| range.contains(&at));
            waiting.extend(planes.iter().map(|plane| if quiet { 0 } else { sample(plane.get(index).copied()) }));
        }
        position += length as u64;
        while waiting.len() >= BLOCK * channels {
            let rest = waiting.split_off(BLOCK * channels);
            if !write(blocks.encode(&waiting)?) {
                return Ok(());
            }
            waiting = rest;
        }
    }
    if !waiting.is_empty() {
        write(blocks.encode(&waiting)?);
    }
    Ok(())
}

/// Samples of a stretch, all that it touches.
fn samples(ms: &Range<u64>, rate_hz: u32) -> Range<u64> {
    let rate = u64::from(rate_hz);
    ms.start * rate / 1_000..(ms.end * rate).div_ceil(1_000)
}

fn sample(value: Option<f32>) -> i32 {
    (value.unwrap_or(0.0) * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i32
}

/// The encoder, and how many blocks it has made.
struct Blocks {
    config: Verified<Encoder>,
    info: StreamInfo,
    buffer: FrameBuf,
    next: usize,
}

impl Blocks {
    fn new(channels: usize, rate_hz: u32, frames: u64) -> Result<Self, AudioError> {
        let mut info = StreamInfo::new(rate_hz as usize, channels, BITS).map_err(broken)?;
        info.set_block_sizes(BLOCK, BLOCK).map_err(broken)?;
        // 0 is "not known": what comes out is not kept until the end.
        info.set_frame_sizes(0, 0).map_err(broken)?;
        info.set_total_samples(usize::try_from(frames).map_err(broken)?);
        let config = Encoder::default().into_verified().map_err(|(_, error)| broken(error))?;
        Ok(Self { config, info, buffer: FrameBuf::with_size(channels, BLOCK).map_err(broken)?, next: 0 })
    }

    fn header(&self) -> Result<Vec<u8>, AudioError> {
        bytes(&Stream::with_stream_info(self.info.clone()))
    }

    /// Encodes the samples of a block, interleaved.
    fn encode(&mut self, interleaved: &[i32]) -> Result<Vec<u8>, AudioError> {
        self.buffer.fill_interleaved(interleaved).map_err(broken)?;
        let frame: Frame =
            flacenc::encode_fixed_size_frame(&self.config, &self.buffer, self.next, &self.info).map_err(broken)?;
        self.next += 1;
        bytes(&frame)
    }
}

fn bytes(part: &impl BitRepr) -> Result<Vec<u8>, AudioError> {
    let mut sink = ByteSink::new();
    part.write(&mut sink).map_err(|_| broken("the encoder could not write"))?;
    Ok(sink.into_inner())
}

/// A defect of ours or the encoder's: never the recording's fault.
fn broken(cause: impl std::fmt::Display) -> AudioError {
    AudioError::Io(format!("it can't be silenced: {cause}"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
    }

    /// All samples, channel by channel.
    fn decoded(path: &Path) -> (u32, Vec<Vec<f32>>) {
        let mut reader = Reader::open(path).unwrap();
        let mut all = vec![Vec::new(); reader.info().channels];
        let mut planes = Vec::new();
        while reader.read(&mut planes).unwrap() {
            all.iter_mut().zip(&planes).for_each(|(all, plane)| all.extend_from_slice(plane));
        }
        (reader.info().sample_rate_hz, all)
    }

    fn silenced(path: &Path, stretches: &[Range<u64>]) -> tempfile::NamedTempFile {
        let frames = decoded(path).1[0].len() as u64;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        silence(path, frames, stretches, |bytes| std::io::Write::write_all(&mut file, &bytes).is_ok()).unwrap();
        file
    }

    #[test]
    fn what_is_left_sounds_as_before_and_the_rest_is_nothing() {
        for name in ["pcm.wav", "flac.flac", "mp3.mp3", "opus.ogg", "aac.m4a", "adpcm_ima.wav"] {
            let (rate, before) = decoded(&fixture(name));
            let length_ms = before[0].len() as u64 * 1_000 / u64::from(rate);
            let stretch = length_ms / 4..length_ms / 2;
            let file = silenced(&fixture(name), &[stretch.clone(), length_ms..length_ms + 500]);
            let (after_rate, after) = decoded(file.path());
            assert_eq!((after_rate, after.len(), after[0].len()), (rate, before.len(), before[0].len()), "{name}");
            let quiet = samples(&stretch, rate);
            for (before, after) in before.iter().zip(&after) {
                for (at, (before, after)) in before.iter().zip(after).enumerate() {
                    let expected = if quiet.contains(&(at as u64)) { 0.0 } else { before.clamp(-1.0, 1.0) };
                    assert!((expected - after).abs() <= 1.0 / 32_768.0, "{name} at {at}: {before} became {after}");
                }
            }
            assert_eq!(Reader::open(file.path()).unwrap().info().codec, CODEC, "{name}");
        }
    }

    #[test]
    fn it_ends_when_nobody_wants_more() {
        let mut parts = 0;
        let path = fixture("pcm.wav");
        silence(path.as_path(), 1, &[], |_| {
            parts += 1;
            false
        })
        .unwrap();
        assert_eq!(parts, 1);
    }
}
