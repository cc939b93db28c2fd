//! Decoding a stored recording packet by packet.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::LazyLock;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use super::{AudioError, MAX_CHANNELS, MAX_DURATION_MS, MAX_RATE_HZ, MIN_RATE_HZ, Sound, header};

/// Headers and decoders disagree by an encoder's padding; less than this is no truncation.
const TRUNCATION_TOLERANCE_MS: u64 = 200;
/// A file with more unreadable packets than one in this many is damaged; fewer are replaced by silence.
const DAMAGED_ONE_IN: u64 = 20;

pub(super) static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    registry
});

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Container and codec, for example `wave/pcm_s16le`.
    pub codec: String,
    pub channels: usize,
    pub sample_rate_hz: u32,
    /// Length by the header, milliseconds; `None` where it does not say.
    pub announced_ms: Option<u64>,
}

/// A file being decoded.
pub struct Reader {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    time_base: Option<TimeBase>,
    announced_frames: Option<u64>,
    info: Info,
    /// Samples of the packet that was decoded to learn what the file holds.
    first: Option<Vec<Vec<f32>>>,
    decoded_frames: u64,
    packets: u64,
    damaged: u64,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens a recording, by its content and not its name, and decodes its first packet.
    pub fn open<S: Sound + ?Sized>(sound: &S) -> Result<Self, AudioError> {
        let (source, first) = begin(sound)?;
        if first.is_empty() {
            return Err(AudioError::Empty);
        }
        let wav = header::wav(&first);
        if let Some(channels) = wav.as_ref().and_then(header::WavHeader::channels) {
            check_channels(channels)?;
        }
        let format = probe(source, wav.as_ref()).map_err(|error| match (error, header::announced(&first)) {
            (AudioError::NotAudio, Some(format)) => {
                AudioError::Damaged(format!("it begins as {format} and holds none that can be read; it may be cut off"))
            }
            (error, _) => error,
        })?;
        let track = format.default_track(TrackType::Audio).ok_or(AudioError::NotAudio)?;
        let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio()).ok_or(AudioError::NotAudio)?;
        if let Some(channels) = &parameters.channels {
            check_channels(channels.count())?;
        }
        if let Some(rate) = parameters.sample_rate {
            check_rate(rate)?;
        }
        let decoder = CODECS.make_audio_decoder(parameters, &AudioDecoderOptions::default()).map_err(unusable)?;
        let length_is_known = wav.is_none_or(|header| header.length_is_known());
        let info = Info {
            codec: format!("{}/{}", format.format_info().short_name, decoder.codec_info().short_name),
            channels: 0,
            sample_rate_hz: 0,
            announced_ms: None,
        };
        let mut reader = Self {
            track: track.id,
            time_base: track.time_base,
            announced_frames: track.num_frames.filter(|_| length_is_known),
            format,
            decoder,
            info,
            first: None,
            decoded_frames: 0,
            packets: 0,
            damaged: 0,
        };
        reader.prime()?;
        Ok(reader)
    }

    /// What the file holds.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Decodes the next packet into `planes`, one vector a channel. False at the end of the file.
    pub fn read(&mut self, planes: &mut Vec<Vec<f32>>) -> Result<bool, AudioError> {
        if let Some(first) = self.first.take() {
            *planes = first;
        } else if !self.decode(planes)? {
            self.finish()?;
            return Ok(false);
        }
        self.decoded_frames += planes.first().map_or(0, Vec::len) as u64;
        if self.decoded_ms() > MAX_DURATION_MS {
            return Err(AudioError::TooLong);
        }
        Ok(true)
    }

    /// Milliseconds decoded so far.
    pub fn decoded_ms(&self) -> u64 {
        to_ms(self.decoded_frames, self.info.sample_rate_hz)
    }

    /// Decoded so far, samples a channel.
    pub fn decoded_frames(&self) -> u64 {
        self.decoded_frames
    }

    /// Decodes the first packet: only then are rate and channels certain.
    fn prime(&mut self) -> Result<(), AudioError> {
        let mut planes = Vec::new();
        if !self.decode(&mut planes)? {
            let damaged = AudioError::Damaged("no packet of it can be decoded".to_owned());
            return Err(if self.damaged > 0 { damaged } else { AudioError::Empty });
        }
        self.info.announced_ms = self.announced_frames.map(|frames| to_ms(frames, self.info.sample_rate_hz));
        if self.info.announced_ms.is_some_and(|ms| ms > MAX_DURATION_MS) {
            return Err(AudioError::TooLong);
        }
        self.first = Some(planes);
        Ok(())
    }

    /// Decodes packets until one has sound. False at the end.
    fn decode(&mut self, planes: &mut Vec<Vec<f32>>) -> Result<bool, AudioError> {
        while let Some(packet) = self.next_packet()? {
            self.packets += 1;
            let spec = match self.decoder.decode(&packet) {
                Ok(buffer) => {
                    buffer.copy_to_vecs_planar(planes);
                    (buffer.spec().rate(), buffer.spec().channels().count())
                }
                Err(DecodeError::DecodeError(_) | DecodeError::IoError(_)) => {
                    self.damaged += 1;
                    if self.fill_with_silence(&packet, planes) {
                        return Ok(true);
                    }
                    continue;
                }
                Err(error) => return Err(unusable(error)),
            };
            if planes.first().is_none_or(Vec::is_empty) {
                continue;
            }
            self.check_spec(spec)?;
            planes.iter_mut().flatten().for_each(clean);
            return Ok(true);
        }
        Ok(false)
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, AudioError> {
        loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => return Ok(Some(packet)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                // The end of the file inside a packet; whether it came too early is judged by the frames decoded.
                Err(DecodeError::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(unusable(error)),
            }
        }
    }

    /// Keeps later words at their right time when a packet is lost. False if nothing is known of its length.
    fn fill_with_silence(&self, packet: &Packet, planes: &mut Vec<Vec<f32>>) -> bool {
        let Some(base) = self.time_base.filter(|_| self.info.channels > 0) else { return false };
        let frames = u128::from(packet.dur.get()) * u128::from(base.numer.get()) * u128::from(self.info.sample_rate_hz)
            / u128::from(base.denom.get());
        // No codec packs more than a second: a longer one is damaged as well.
        let frames = usize::try_from(frames).unwrap_or(0).min(self.info.sample_rate_hz as usize);
        planes.resize_with(self.info.channels, Vec::new);
        for plane in planes.iter_mut() {
            plane.clear();
            plane.resize(frames, 0.0);
        }
        frames > 0
    }

    fn check_spec(&mut self, (rate, channels): (u32, usize)) -> Result<(), AudioError> {
        if self.info.channels == 0 {
            check_channels(channels)?;
            check_rate(rate)?;
            self.info.channels = channels;
            self.info.sample_rate_hz = rate;
        }
        if (rate, channels) != (self.info.sample_rate_hz, self.info.channels) {
            let message = "a sample rate or number of channels that changes within the file is not supported";
            return Err(AudioError::Unsupported(message.to_owned()));
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), AudioError> {
        if self.damaged * DAMAGED_ONE_IN > self.packets {
            let message = format!("{} of its {} packets can't be decoded", self.damaged, self.packets);
            return Err(AudioError::Damaged(message));
        }
        let decoded_ms = self.decoded_ms();
        match self.info.announced_ms {
            Some(announced_ms) if decoded_ms + TRUNCATION_TOLERANCE_MS < announced_ms => {
                Err(AudioError::Truncated { decoded_ms, announced_ms })
            }
            _ => Ok(()),
        }
    }
}

/// The source at its beginning, and its first bytes: fewer than are asked for in a short file.
fn begin<S: Sound + ?Sized>(sound: &S) -> io::Result<(Box<dyn MediaSource>, Vec<u8>)> {
    let mut source = sound.open()?;
    let mut first = Vec::with_capacity(header::FIRST_BYTES);
    (&mut source).take(header::FIRST_BYTES as u64).read_to_end(&mut first)?;
    source.seek(SeekFrom::Start(0))?;
    Ok((source, first))
}

fn probe(source: Box<dyn MediaSource>, wav: Option<&header::WavHeader>) -> Result<Box<dyn FormatReader>, AudioError> {
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| match (error, wav) {
            (DecodeError::Unsupported(_), Some(header)) => AudioError::Unsupported(header.codec()),
            (DecodeError::Unsupported(_) | DecodeError::LimitError(_), None) => AudioError::NotAudio,
            (DecodeError::IoError(error), _) if error.kind() != io::ErrorKind::UnexpectedEof => error.into(),
            (DecodeError::IoError(_), Some(_)) => AudioError::Damaged("it ends within its header".to_owned()),
            (DecodeError::IoError(_), None) => AudioError::NotAudio,
            (error, _) => AudioError::Damaged(error.to_string()),
        })
}

fn unusable(error: DecodeError) -> AudioError {
    match error {
        DecodeError::Unsupported(what) => AudioError::Unsupported(format!("the codec is not supported ({what})")),
        DecodeError::ResetRequired => AudioError::Unsupported("chained ogg streams are not supported".to_owned()),
        DecodeError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.into(),
        other => AudioError::Damaged(other.to_string()),
    }
}

fn check_channels(channels: usize) -> Result<(), AudioError> {
    if (1..=MAX_CHANNELS).contains(&channels) { Ok(()) } else { Err(AudioError::Channels(channels)) }
}

fn check_rate(rate_hz: u32) -> Result<(), AudioError> {
    if (MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz) { Ok(()) } else { Err(AudioError::SampleRate(rate_hz)) }
}

/// Files of floating-point samples may hold anything; what follows expects -1 to 1.
fn clean(sample: &mut f32) {
    *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
}

fn to_ms(frames: u64, rate_hz: u32) -> u64 {
    frames.saturating_mul(1000) / u64::from(rate_hz.max(1))
}
