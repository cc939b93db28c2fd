//! Recordings for the tests: parts of the sample call, and files that are wrong in one way each.

use std::path::PathBuf;

use transcription_gateway::audio::Reader;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of `samples/calls`.
pub fn sample(name: &str) -> Vec<u8> {
    let path = repository().join("samples/calls").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// The first `seconds` of the sample call as interleaved samples: the rep left, the buyer right, 16 kHz.
pub fn talk(seconds: usize) -> Vec<i16> {
    let path = repository().join("samples/calls/discovery.flac");
    let mut reader = Reader::open(&path).unwrap();
    let (mut planes, mut samples) = (Vec::new(), Vec::new());
    while samples.len() < seconds * 32_000 && reader.read(&mut planes).unwrap() {
        let frames = planes[0].iter().zip(&planes[1]);
        samples.extend(frames.flat_map(|(left, right)| [left, right].map(|sample| (sample * 32_767.0) as i16)));
    }
    samples.truncate(seconds * 32_000);
    samples
}

/// The same, as a WAV file.
pub fn talk_wav(seconds: usize) -> Vec<u8> {
    wav(2, 16_000, &talk(seconds))
}

/// A WAV file of 16-bit samples.
pub fn wav(channels: u16, rate_hz: u32, samples: &[i16]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate_hz.to_le_bytes());
    file.extend((rate_hz * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

/// Half a second of a tone.
pub fn tone(channels: u16, rate_hz: u32) -> Vec<u8> {
    let samples: Vec<i16> =
        (0..rate_hz / 2 * u32::from(channels)).map(|i| ((i as f32 / 9.0).sin() * 9_000.0) as i16).collect();
    wav(channels, rate_hz, &samples)
}
