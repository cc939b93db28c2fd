//! Reading Riva's configuration. What is not offered here is refused, not left out in silence.

use std::sync::Arc;

use throughline_proto::nvidia::riva::AudioEncoding;
use throughline_proto::nvidia::riva::asr::RecognitionConfig;
use throughline_rpc::{Error, Violations};

use super::MODEL;
use crate::audio::{MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ};

const MAX_PHRASES: usize = 500;
const MAX_PHRASE_CHARACTERS: usize = 100;
const MAX_LANGUAGE: usize = 35;

/// Whether samples of this encoding can do without a header.
pub(super) fn is_raw(encoding: AudioEncoding) -> bool {
    [AudioEncoding::LinearPcm, AudioEncoding::Mulaw, AudioEncoding::Alaw].contains(&encoding)
}

/// What a caller wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wanted {
    pub encoding: AudioEncoding,
    /// Of sound without a header.
    pub sample_rate_hz: u32,
    pub channels: usize,
    pub word_times: bool,
    /// BCP 47 tag; none lets the engine find out.
    pub language: Option<String>,
    pub vocabulary: Arc<[String]>,
}

impl Wanted {
    /// Of a stream, whose sound has no header.
    pub fn of_stream(mut config: RecognitionConfig) -> Result<Self, Error> {
        // NVIDIA's own client names no encoding for the samples of a wave file.
        if config.encoding() == AudioEncoding::EncodingUnspecified {
            config.set_encoding(AudioEncoding::LinearPcm);
        }
        Self::parse(config, "streaming_config.config")
    }

    /// Of a whole recording. A file says itself what it is: encoding, rate and channels are not read then.
    pub fn of_whole(config: RecognitionConfig, is_file: bool) -> Result<Self, Error> {
        let of_itself = RecognitionConfig {
            encoding: AudioEncoding::LinearPcm.into(),
            sample_rate_hertz: MIN_RATE_HZ as i32,
            audio_channel_count: 1,
            ..config.clone()
        };
        Self::parse(if is_file { of_itself } else { config }, "config")
    }

    fn parse(config: RecognitionConfig, place: &str) -> Result<Self, Error> {
        let mut violations = Violations::new();
        let mut check = |holds: bool, field: &str, what: &str| {
            violations.check(holds, &format!("{place}.{field}"), what);
        };
        check(is_raw(config.encoding()), "encoding", "must be LINEAR_PCM, MULAW or ALAW");
        let rate = u32::try_from(config.sample_rate_hertz).unwrap_or(0);
        check((MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate), "sample_rate_hertz", "must be 8000 to 48000");
        let channels = usize::try_from(config.audio_channel_count.max(1)).unwrap_or(0);
        check(channels <= MAX_CHANNELS, "audio_channel_count", "must be 1 or 2");
        let speakers = config.diarization_config.as_ref().is_some_and(|speakers| speakers.enable_speaker_diarization);
        check(!speakers, "diarization_config", "is not offered here; upload a recording to have speakers told apart");
        check(!config.profanity_filter, "profanity_filter", "is not offered");
        check(["", MODEL].contains(&config.model.as_str()), "model", "must be empty or throughline");
        let language = config.language_code.as_str();
        let plain = language.len() <= MAX_LANGUAGE && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        check(plain, "language_code", "must be a BCP 47 tag such as en-US, or empty");
        let phrases: Vec<String> = config
            .speech_contexts
            .iter()
            .flat_map(|context| &context.phrases)
            .filter(|p| !p.is_empty())
            .cloned()
            .collect();
        let short = phrases.iter().all(|phrase| phrase.chars().count() <= MAX_PHRASE_CHARACTERS);
        check(
            phrases.len() <= MAX_PHRASES && short,
            "speech_contexts",
            "must be 500 phrases of 100 characters at most",
        );
        violations.finish()?;
        Ok(Self {
            encoding: config.encoding(),
            sample_rate_hz: rate,
            channels,
            word_times: config.enable_word_time_offsets,
            language: (!language.is_empty()).then(|| language.to_owned()),
            vocabulary: phrases.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use throughline_proto::nvidia::riva::asr::{SpeakerDiarizationConfig, SpeechContext};

    use super::*;

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let wrong = RecognitionConfig {
            encoding: AudioEncoding::Flac.into(),
            sample_rate_hertz: -1,
            audio_channel_count: 3,
            diarization_config: Some(SpeakerDiarizationConfig {
                enable_speaker_diarization: true,
                max_speaker_count: 2,
            }),
            profanity_filter: true,
            model: "conformer".to_owned(),
            language_code: "en US".to_owned(),
            speech_contexts: vec![SpeechContext { phrases: vec!["x".repeat(101)], boost: 1.0 }],
            ..RecognitionConfig::default()
        };
        let error = Wanted::of_stream(wrong).unwrap_err();
        assert_eq!(format!("{:?}", error.violations()).matches("streaming_config.config.").count(), 8);
    }

    #[test]
    fn what_clients_of_riva_send_is_taken() {
        let config = RecognitionConfig {
            encoding: AudioEncoding::LinearPcm.into(),
            sample_rate_hertz: 16_000,
            language_code: "en-US".to_owned(),
            max_alternatives: 1,
            enable_automatic_punctuation: true,
            verbatim_transcripts: true,
            ..RecognitionConfig::default()
        };
        let unnamed = RecognitionConfig { encoding: AudioEncoding::EncodingUnspecified.into(), ..config.clone() };
        assert_eq!(Wanted::of_stream(unnamed).unwrap(), Wanted::of_stream(config.clone()).unwrap());
        let wanted = Wanted::of_stream(config).unwrap();
        assert_eq!((wanted.channels, wanted.language.as_deref()), (1, Some("en-US")));
        assert!(Wanted::of_whole(RecognitionConfig::default(), true).is_ok());
        assert!(Wanted::of_whole(RecognitionConfig::default(), false).is_err());
    }
}
