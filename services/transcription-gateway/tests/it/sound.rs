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

/// Samples as G.711 µ-law.
pub fn mulaw(samples: impl IntoIterator<Item = i16>) -> Vec<u8> {
    let encode = |sample: i16| {
        let sign = if sample < 0 { 0x80 } else { 0 };
        let magnitude = (i32::from(sample).abs() + 132).min(32_635);
        let exponent = (0..8).rev().find(|exponent| magnitude >> (exponent + 7) != 0).unwrap_or(0);
        let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
        !(sign | (exponent << 4) as u8 | mantissa as u8)
    };
    samples.into_iter().map(encode).collect()
}

/// The first `seconds` of the sample call as a telephone carries it: 8 kHz, the rep's channel and the buyer's.
pub fn talk_8khz(seconds: usize) -> [Vec<i16>; 2] {
    let talk = talk(seconds);
    let half = |channel: usize| {
        let of_both = talk.chunks_exact(4);
        of_both.map(|pair| ((i32::from(pair[channel]) + i32::from(pair[channel + 2])) / 2) as i16).collect()
    };
    [half(0), half(1)]
}

/// The packets of the Ogg Opus fixture.
pub fn opus_packets() -> Vec<Vec<u8>> {
    use symphonia::core::formats::FormatOptions;
    use symphonia::core::formats::probe::Hint;
    use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
    use symphonia::core::meta::MetadataOptions;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/opus.ogg");
    let file = std::fs::File::open(path).unwrap();
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let mut format = probe.probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default()).unwrap();
    let mut packets = Vec::new();
    while let Ok(Some(packet)) = format.next_packet() {
        packets.push(packet.data.to_vec());
    }
    packets
}
