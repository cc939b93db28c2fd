//! Recordings whose words are known, and how they sound over a telephone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};
use serde::Deserialize;
use transcription_gateway::audio::{MODEL_RATE_HZ, Reader, Resampler};

/// Beside the repository.
const FOLDER: &str = "../shared/data/speech";
const MANIFEST: &str = "manifest.json";
const TELEPHONE_HZ: u32 = 8_000;
const BLOCK: usize = 320;

/// A recording with one speaker, and what is said in it.
#[derive(Debug, Clone)]
pub struct Clip {
    pub path: PathBuf,
    pub said: String,
    /// Where it comes from; word error rates are given apart by it.
    pub source: String,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    text: String,
    source: String,
    /// Of recordings whose channels hold different speakers: which of them the text is of.
    channel: Option<u8>,
}

/// The folder that was named, or the one beside the repository; and its clips with one speaker.
pub fn read(given: Option<&Path>) -> anyhow::Result<(PathBuf, Vec<Clip>)> {
    let folder = given.map_or_else(|| crate::repository(FOLDER), Path::to_path_buf);
    let manifest = folder.join(MANIFEST);
    let bytes = fs::read(&manifest).with_context(|| {
        format!(
            "{}: name a folder of recordings with a {MANIFEST}, `tests/bench/run speech DIR`: a list of \
             {{\"file\", \"text\", \"source\", \"channel\"}}",
            manifest.display()
        )
    })?;
    let entries: Vec<Entry> = serde_json::from_slice(&bytes).with_context(|| manifest.display().to_string())?;
    let one_speaker = entries.into_iter().filter(|entry| entry.channel.is_none());
    let clips: Vec<Clip> = one_speaker
        .map(|entry| Clip { path: folder.join(entry.file), said: entry.text, source: entry.source })
        .collect();
    ensure!(!clips.is_empty(), "{}: no recording with one speaker in it", manifest.display());
    Ok((folder, clips))
}

/// The first channel of a recording at 16 kHz.
pub fn sound(path: &Path) -> anyhow::Result<Vec<f32>> {
    let mut reader = Reader::open(path).with_context(|| path.display().to_string())?;
    let mut resampler = Resampler::new(reader.info().sample_rate_hz)?;
    let (mut planes, mut samples) = (Vec::new(), Vec::new());
    while reader.read(&mut planes)? {
        resampler.push(planes.first().map_or(&[][..], Vec::as_slice), &mut samples)?;
    }
    resampler.finish(&mut samples)?;
    Ok(samples)
}

/// Writes each clip as a telephone would carry it, 8 kHz µ-law, into `folder`; the paths in the same order.
pub fn over_the_telephone(clips: &[Clip], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let write = |(index, clip): (usize, &Clip)| {
        let path = folder.join(format!("{index}.wav"));
        let codes: Vec<u8> = halve(&sound(&clip.path)?)?.into_iter().map(|sample| mu_law(to_pcm(sample))).collect();
        fs::write(&path, wav(7, TELEPHONE_HZ, 1, &codes)?)?;
        Ok(path)
    };
    clips.iter().enumerate().map(write).collect()
}

/// A WAV file of one channel. `format` is its tag: 1 for PCM, 7 for µ-law.
pub fn wav(format: u16, rate_hz: u32, bytes_per_sample: u16, data: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut file = wav_header(format, rate_hz, bytes_per_sample, data.len() as u64)?;
    file.extend(data);
    Ok(file)
}

/// What stands before the samples.
pub fn wav_header(format: u16, rate_hz: u32, bytes_per_sample: u16, bytes: u64) -> anyhow::Result<Vec<u8>> {
    let bytes =
        u32::try_from(bytes).ok().filter(|bytes| *bytes < u32::MAX - 38).context("a wav file has at most 4 GiB")?;
    // Formats other than PCM say how long their extension is, be it empty.
    let extension: &[u8] = if format == 1 { &[] } else { &[0, 0] };
    let format_bytes = 16 + extension.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((20 + format_bytes + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(format_bytes.to_le_bytes());
    file.extend(format.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(rate_hz.to_le_bytes());
    file.extend((rate_hz * u32::from(bytes_per_sample)).to_le_bytes());
    file.extend(bytes_per_sample.to_le_bytes());
    file.extend((bytes_per_sample * 8).to_le_bytes());
    file.extend(extension);
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    Ok(file)
}

/// A sample as 16-bit PCM.
pub fn to_pcm(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}

/// From 16 to 8 kHz.
fn halve(samples: &[f32]) -> anyhow::Result<Vec<f32>> {
    let mut filter = Fft::<f32>::new(MODEL_RATE_HZ as usize, TELEPHONE_HZ as usize, BLOCK, 1, FixedSync::Input)?;
    let (delay, wanted) = (filter.output_delay(), samples.len() / 2);
    let mut scratch = vec![0.0; filter.output_frames_max()];
    let mut halved = Vec::with_capacity(wanted + delay + scratch.len());
    let mut at = 0;
    while halved.len() < wanted + delay {
        let mut block = samples.get(at..(at + BLOCK).min(samples.len())).unwrap_or_default().to_vec();
        block.resize(BLOCK, 0.0);
        let frames = scratch.len();
        let input = SequentialSlice::new(&block, 1, BLOCK)?;
        let mut output = SequentialSlice::new_mut(&mut scratch, 1, frames)?;
        let (_, written) = filter.process_into_buffer(&input, &mut output, None)?;
        halved.extend_from_slice(&scratch[..written]);
        at += BLOCK;
    }
    Ok(halved[delay..delay + wanted].to_vec())
}

/// G.711, 3.3: sign, the place of the highest bit, and the four bits after it, inverted.
fn mu_law(sample: i16) -> u8 {
    const BIAS: i32 = 132;
    const CLIP: i32 = 32_635;
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    let exponent = (magnitude >> 7).ilog2() as u8;
    let mantissa = (magnitude >> (exponent + 3)) as u8 & 0x0f;
    !((if sample < 0 { 0x80 } else { 0 }) | (exponent << 4) | mantissa)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize) -> Vec<f32> {
        (0..samples).map(|i| (i as f32 / 16_000.0 * 440.0 * std::f32::consts::TAU).sin() * 0.5).collect()
    }

    #[test]
    fn the_telephone_version_is_the_same_sound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tone.wav");
        let said: Vec<u8> = tone(16_001).into_iter().flat_map(|sample| to_pcm(sample).to_le_bytes()).collect();
        fs::write(&path, wav(1, 16_000, 2, &said).unwrap()).unwrap();
        let clip = Clip { path, said: String::new(), source: String::new() };
        let carried = over_the_telephone(&[clip], folder.path()).unwrap();
        let reader = Reader::open(&carried[0]).unwrap();
        assert_eq!((reader.info().codec.as_str(), reader.info().sample_rate_hz), ("wave/pcm_mulaw", TELEPHONE_HZ));
        let (heard, wanted) = (sound(&carried[0]).unwrap(), tone(16_000));
        assert!(heard.len().abs_diff(wanted.len()) <= 2);
        let worst = (2_000..14_000).map(|i| (heard[i] - wanted[i]).abs()).fold(0.0, f32::max);
        assert!(worst < 0.1, "{worst}");
    }

    #[test]
    fn mu_law_gives_the_codes_of_the_standard() {
        let codes = [0, -1, 32_767, -32_768, 1_000, -1_000].map(mu_law);
        assert_eq!(codes, [0xff, 0x7f, 0x80, 0x00, 0xce, 0x4e]);
    }

    #[test]
    fn a_folder_without_a_manifest_says_what_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        let error = format!("{:#}", read(Some(folder.path())).unwrap_err());
        assert!(error.contains("manifest.json") && error.contains("tests/bench/run speech DIR"), "{error}");
    }
}
