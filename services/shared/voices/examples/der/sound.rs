//! Reading, writing and bending sound files, as much as the measurement needs.

use std::f32::consts::PI;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

pub const RATE: u32 = 16_000;

/// A mono PCM16 wav file at 16 kHz.
pub fn read(path: &Path) -> Result<Vec<f32>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    ensure!(bytes.starts_with(b"RIFF"), "{} is no wav file", path.display());
    let (mut at, mut rate, mut channels) = (12, 0, 0);
    while let Some(header) = bytes.get(at..at + 8) {
        let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let body = bytes.get(at + 8..(at + 8 + size).min(bytes.len())).unwrap_or_default();
        match &header[..4] {
            b"fmt " => {
                channels = u16::from_le_bytes([body[2], body[3]]);
                rate = u32::from_le_bytes([body[4], body[5], body[6], body[7]]);
            }
            b"data" => {
                ensure!(channels == 1, "{} has {channels} channels", path.display());
                let samples: Vec<f32> =
                    body.chunks_exact(2).map(|s| f32::from(i16::from_le_bytes([s[0], s[1]])) / 32_768.0).collect();
                return Ok(if rate == RATE { samples } else { resample(&samples, rate, RATE) });
            }
            _ => {}
        }
        at += 8 + size + size % 2;
    }
    anyhow::bail!("{} holds no sound", path.display())
}

/// Writes a mono PCM16 wav file at 16 kHz.
pub fn write(path: &Path, samples: &[f32]) -> Result<()> {
    let size = samples.len() as u32 * 2;
    let mut bytes = Vec::with_capacity(samples.len() * 2 + 44);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + size).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend_from_slice(&RATE.to_le_bytes());
    bytes.extend_from_slice(&(RATE * 2).to_le_bytes());
    bytes.extend_from_slice(b"\x02\0\x10\0data");
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|s| ((s.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()));
    Ok(std::fs::write(path, bytes)?)
}

/// Windowed sinc; slow and plain.
pub fn resample(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    const LOBES: f32 = 24.0;
    let (from, to) = (from as f32, to as f32);
    let cut = (to / from).min(1.0) * 0.96;
    let reach = LOBES / cut;
    let count = (samples.len() as f32 * to / from) as usize;
    let tap = |x: f32| {
        let sinc = if x.abs() < 1e-6 { 1.0 } else { (PI * x * cut).sin() / (PI * x * cut) };
        sinc * cut * (0.5 + 0.5 * (PI * x / reach).cos())
    };
    (0..count)
        .map(|i| {
            let centre = i as f32 * from / to;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach) as usize + 1).min(samples.len());
            (first..last).map(|j| samples[j] * tap(j as f32 - centre)).sum()
        })
        .collect()
}

/// Through a telephone: 8 kHz and µ-law, and back.
pub fn telephone(samples: &[f32]) -> Vec<f32> {
    const MU: f32 = 255.0;
    let narrow = resample(samples, RATE, 8_000).into_iter().map(|sample| {
        let level = (1.0 + MU * sample.abs().min(1.0)).ln() / (1.0 + MU).ln();
        let coded = (level * 127.0).round() / 127.0;
        sample.signum() * ((1.0 + MU).powf(coded) - 1.0) / MU
    });
    resample(&narrow.collect::<Vec<_>>(), 8_000, RATE)
}

/// Where there is speech in a clip that holds little else, as samples: 20 ms at most 35 dB below the loudest, pauses
/// under 0.3 s filled.
pub fn speech(samples: &[f32]) -> Vec<(usize, usize)> {
    const FRAME: usize = 320;
    const PAUSE: usize = 4_800;
    let levels: Vec<f32> =
        samples.chunks(FRAME).map(|f| f.iter().map(|s| s * s).sum::<f32>() / f.len() as f32).collect();
    let least = levels.iter().copied().fold(0.0, f32::max) * 10_f32.powf(-3.5);
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for (frame, _) in levels.iter().enumerate().filter(|(_, level)| **level > least) {
        let (start, end) = (frame * FRAME, ((frame + 1) * FRAME).min(samples.len()));
        match parts.last_mut() {
            Some(last) if start - last.1 < PAUSE => last.1 = end,
            _ => parts.push((start, end)),
        }
    }
    parts.retain(|(start, end)| end - start > 1_600);
    parts
}
