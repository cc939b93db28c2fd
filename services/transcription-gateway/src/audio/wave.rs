//! Writing a wave file around samples that have none.

/// What stands before the samples, without the first 8.
const HEAD_BYTES: u32 = 36;
/// Formats other than PCM tell the size of an extension, of which they have none.
const EXTENSION: [u8; 2] = [0, 0];

/// How a sample is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// 16 bits, little endian.
    Pcm16,
    Mulaw,
    Alaw,
}

impl Coding {
    fn tag(self) -> u16 {
        match self {
            Self::Pcm16 => 1,
            Self::Alaw => 6,
            Self::Mulaw => 7,
        }
    }

    fn bytes(self) -> u16 {
        if self == Self::Pcm16 { 2 } else { 1 }
    }
}

/// A file of interleaved samples; what does not fit the 4 GiB of the format is announced as that much.
pub fn file(coding: Coding, channels: usize, rate_hz: u32, samples: &[u8]) -> Vec<u8> {
    let channels = u16::try_from(channels).unwrap_or(u16::MAX);
    let align = channels.saturating_mul(coding.bytes());
    let extension: &[u8] = if coding == Coding::Pcm16 { &[] } else { &EXTENSION };
    let head = HEAD_BYTES + extension.len() as u32;
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX).min(u32::MAX - head);
    let mut file = Vec::with_capacity(samples.len() + head as usize + 8);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(length + head).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&(16 + extension.len() as u32).to_le_bytes());
    file.extend_from_slice(&coding.tag().to_le_bytes());
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&rate_hz.saturating_mul(u32::from(align)).to_le_bytes());
    file.extend_from_slice(&align.to_le_bytes());
    file.extend_from_slice(&(coding.bytes() * 8).to_le_bytes());
    file.extend_from_slice(extension);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(samples);
    file
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, Reader, WireDecoder};
    use super::*;

    #[test]
    fn what_is_written_is_read_back_whatever_the_coding() {
        let bytes: Vec<u8> = (0..=255).collect();
        let codings =
            [(Coding::Pcm16, Encoding::Pcm16), (Coding::Mulaw, Encoding::MuLaw), (Coding::Alaw, Encoding::ALaw)];
        for (coding, encoding) in codings {
            let written = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(written.path(), file(coding, 2, 8_000, &bytes)).unwrap();
            let mut reader = Reader::open(written.path()).unwrap();
            assert_eq!((reader.info().sample_rate_hz, reader.info().channels), (8_000, 2));
            let (mut planes, mut read) = (Vec::new(), vec![Vec::new(); 2]);
            while reader.read(&mut planes).unwrap() {
                read.iter_mut().zip(&planes).for_each(|(all, plane)| all.extend_from_slice(plane));
            }
            let mut expected = Vec::new();
            WireDecoder::new(encoding, 8_000, 2).unwrap().decode(&bytes, &mut expected).unwrap();
            assert_eq!(read, expected, "{coding:?}");
        }
    }
}
