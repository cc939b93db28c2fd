//! Live audio as it comes over the wire, as samples: PCM16, µ-law, A-law, Opus.

use symphonia::core::audio::{Channels, layouts};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_OPUS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

use super::AudioError;
use super::reader::CODECS;

const BYTES_PER_SAMPLE: usize = 2;
/// Frames that one message can hold at most: 32 KiB of one byte a sample.
const MAX_FRAMES: u64 = 32 * 1024;

/// How live audio is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// 16-bit samples, little endian, interleaved.
    #[default]
    Pcm16,
    /// G.711 µ-law, a byte a sample, interleaved.
    MuLaw,
    /// G.711 A-law, a byte a sample, interleaved.
    ALaw,
    /// Opus packets without a container, one a message.
    Opus,
}

/// Decodes the messages of one stream, in their order.
pub struct WireDecoder {
    channels: usize,
    inner: Inner,
}

enum Inner {
    Pcm16,
    Codec { decoder: Box<dyn AudioDecoder>, encoding: Encoding },
}

impl std::fmt::Debug for WireDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WireDecoder").field("channels", &self.channels).finish_non_exhaustive()
    }
}

impl WireDecoder {
    /// A stream of one or two channels. Opus is decoded at `rate_hz`, whatever it was encoded from.
    ///
    /// # Errors
    /// When the codec can't be had at that rate.
    pub fn new(encoding: Encoding, rate_hz: u32, channels: usize) -> Result<Self, AudioError> {
        let codec = match encoding {
            Encoding::Pcm16 => return Ok(Self { channels, inner: Inner::Pcm16 }),
            Encoding::MuLaw => CODEC_ID_PCM_MULAW,
            Encoding::ALaw => CODEC_ID_PCM_ALAW,
            Encoding::Opus => CODEC_ID_OPUS,
        };
        Ok(Self { channels, inner: Inner::Codec { decoder: decoder(codec, rate_hz, channels)?, encoding } })
    }

    /// Decodes a message into `planes`, one vector a channel.
    ///
    /// # Errors
    /// What is wrong with the message.
    pub fn decode(&mut self, message: &[u8], planes: &mut Vec<Vec<f32>>) -> Result<(), &'static str> {
        planes.resize_with(self.channels, Vec::new);
        planes.iter_mut().for_each(Vec::clear);
        if message.is_empty() {
            return Ok(());
        }
        match &mut self.inner {
            Inner::Pcm16 => pcm16(message, planes),
            Inner::Codec { decoder, encoding } => {
                if *encoding != Encoding::Opus && !message.len().is_multiple_of(self.channels) {
                    return Err("audio must come in whole frames of one byte a channel");
                }
                let packet = PacketRef::new(0, Timestamp::new(0), Duration::new(0), message);
                let decoded = decoder.decode_ref(&packet).map_err(|_| match encoding {
                    Encoding::Opus => "a message is no Opus packet",
                    Encoding::Pcm16 | Encoding::MuLaw | Encoding::ALaw => "a message can't be decoded",
                })?;
                decoded.copy_to_vecs_planar(planes);
                Ok(())
            }
        }
    }
}

fn pcm16(message: &[u8], planes: &mut [Vec<f32>]) -> Result<(), &'static str> {
    let frame = BYTES_PER_SAMPLE * planes.len();
    if !message.len().is_multiple_of(frame) {
        return Err("audio must come in whole frames of 16-bit samples");
    }
    for (channel, plane) in planes.iter_mut().enumerate() {
        let samples = message
            .chunks_exact(frame)
            .filter_map(|frame| frame.get(channel * BYTES_PER_SAMPLE..)?.first_chunk())
            .map(|sample| f32::from(i16::from_le_bytes(*sample)) / 32_768.0);
        plane.extend(samples);
    }
    Ok(())
}

fn decoder(codec: AudioCodecId, rate_hz: u32, channels: usize) -> Result<Box<dyn AudioDecoder>, AudioError> {
    let layout: Channels = if channels == 1 { layouts::CHANNEL_LAYOUT_MONO } else { layouts::CHANNEL_LAYOUT_STEREO };
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(rate_hz).with_channels(layout).with_max_frames_per_packet(MAX_FRAMES);
    CODECS
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|error| AudioError::Unsupported(format!("live audio at {rate_hz} Hz: {error}")))
}
