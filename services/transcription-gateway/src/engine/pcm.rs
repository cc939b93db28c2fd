//! Sound as other programs take it: 16-bit samples, little endian, with a wave header where one is wanted.

use crate::audio::MODEL_RATE_HZ;
use crate::audio::wave::{self, Coding};

/// Samples from -1 to 1 as PCM16 little endian; what is louder is cut.
pub(super) fn pcm16(samples: &[f32]) -> Vec<u8> {
    // `as` cuts at the ends of the range, and makes 0 of what is not a number.
    samples.iter().flat_map(|sample| ((sample * 32_768.0).round() as i16).to_le_bytes()).collect()
}

/// A wave file of one channel at 16 kHz.
pub(super) fn wave(samples: &[f32]) -> Vec<u8> {
    wave::file(Coding::Pcm16, 1, MODEL_RATE_HZ, &pcm16(samples))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Reader;

    #[test]
    fn loud_samples_are_cut_and_no_number_is_silence() {
        let bytes = pcm16(&[0.0, 0.5, 1.5, -1.0, -2.0, f32::NAN]);
        let read: Vec<i16> = bytes.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        assert_eq!(read, [0, 16_384, 32_767, -32_768, -32_768, 0]);
    }

    #[test]
    fn a_wave_is_read_back_as_it_was() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let samples: Vec<f32> = (0..1_600).map(|i| (i as f32 / 20.0).sin() / 2.0).collect();
        std::fs::write(file.path(), wave(&samples)).unwrap();
        let mut reader = Reader::open(file.path()).unwrap();
        assert_eq!((reader.info().sample_rate_hz, reader.info().channels), (16_000, 1));
        let (mut planes, mut read) = (Vec::new(), Vec::new());
        while reader.read(&mut planes).unwrap() {
            read.extend_from_slice(&planes[0]);
        }
        assert_eq!(read.len(), samples.len());
        assert!(read.iter().zip(&samples).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}
