//! The frames of Twilio's Media Streams, as they come over a WebSocket: JSON texts, numbers in them as texts.
//!
//! Events that are not known are passed over, so that what Twilio adds breaks nothing.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::Deserialize;

/// Longest audio of a frame: two seconds, a hundred times what Twilio sends.
pub const MAX_PAYLOAD: usize = 16_000;
/// Most custom parameters, and the longest one.
const MAX_PARAMETERS: usize = 50;
const MAX_PARAMETER: usize = 8_192;
const MAX_SID: usize = 64;

/// Whose voice a track carries: that of the caller, or what the caller hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Track {
    Inbound,
    Outbound,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Connected,
    Start(Start),
    Media(Media),
    /// A key was pressed, or a mark of ours was reached.
    Passing,
    Stop,
    /// An event that is not known here.
    Unknown,
}

/// The stream begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub stream_sid: String,
    pub call_sid: String,
    /// One or two, inbound first.
    pub tracks: Vec<Track>,
    pub parameters: BTreeMap<String, String>,
}

/// A piece of sound: µ-law at 8 kHz.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    pub track: Track,
    /// Since the start of the stream.
    pub timestamp_ms: u64,
    pub payload: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFrame {
    event: String,
    stream_sid: Option<String>,
    start: Option<RawStart>,
    media: Option<RawMedia>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStart {
    stream_sid: Option<String>,
    call_sid: Option<String>,
    #[serde(default)]
    tracks: Vec<Track>,
    #[serde(default)]
    custom_parameters: BTreeMap<String, String>,
    media_format: Option<RawFormat>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFormat {
    encoding: String,
    sample_rate: Number,
    channels: Number,
}

#[derive(Deserialize)]
struct RawMedia {
    /// Left out where a stream has one track.
    track: Option<Track>,
    timestamp: Number,
    payload: String,
}

/// A number, or a text that holds one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

impl Number {
    fn get(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// Reads a frame.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Frame, String> {
    let raw: RawFrame = serde_json::from_str(text).map_err(|error| format!("no frame of Media Streams: {error}"))?;
    match raw.event.as_str() {
        "connected" => Ok(Frame::Connected),
        "start" => start(raw.start.ok_or("a start frame without `start`")?, raw.stream_sid).map(Frame::Start),
        "media" => media(&raw.media.ok_or("a media frame without `media`")?).map(Frame::Media),
        "dtmf" | "mark" => Ok(Frame::Passing),
        "stop" => Ok(Frame::Stop),
        _ => Ok(Frame::Unknown),
    }
}

fn start(raw: RawStart, stream_sid: Option<String>) -> Result<Start, String> {
    let RawStart { stream_sid: inner, call_sid, mut tracks, custom_parameters: parameters, media_format } = raw;
    if let Some(RawFormat { encoding, sample_rate, channels }) = media_format
        && (encoding.as_str(), sample_rate.get(), channels.get()) != ("audio/x-mulaw", Some(8_000), Some(1))
    {
        return Err("mediaFormat must be audio/x-mulaw, 8000 Hz, 1 channel a track".to_owned());
    }
    tracks.sort_by_key(|track| *track == Track::Outbound);
    tracks.dedup();
    if tracks.is_empty() {
        tracks.push(Track::Inbound);
    }
    let sid = |sid: Option<String>| sid.unwrap_or_default();
    let (stream_sid, call_sid) = (sid(stream_sid.or(inner)), sid(call_sid));
    if stream_sid.len() > MAX_SID || call_sid.len() > MAX_SID {
        return Err("streamSid and callSid have at most 64 characters".to_owned());
    }
    if parameters.len() > MAX_PARAMETERS || parameters.values().any(|value| value.len() > MAX_PARAMETER) {
        return Err("at most 50 custom parameters of 8192 bytes are read".to_owned());
    }
    Ok(Start { stream_sid, call_sid, tracks, parameters })
}

fn media(raw: &RawMedia) -> Result<Media, String> {
    // Four texts for three bytes; longer ones are not decoded at all.
    if raw.payload.len() > MAX_PAYLOAD / 3 * 4 + 4 {
        return Err(format!("the payload of a media frame has at most {MAX_PAYLOAD} bytes"));
    }
    let payload = BASE64.decode(raw.payload.as_bytes()).map_err(|_| "the payload of a media frame is no base64")?;
    let timestamp_ms = raw.timestamp.get().ok_or("the timestamp of a media frame is no number")?;
    Ok(Media { track: raw.track.unwrap_or(Track::Inbound), timestamp_ms, payload })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_twilio_sends_them() {
        let start = r#"{"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": {"accountSid": "AC1",
            "streamSid": "MZ1", "callSid": "CA1", "tracks": ["outbound", "inbound"], "mediaFormat":
            {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}, "customParameters": {"call": "x"}}}"#;
        let Frame::Start(start) = parse(start).unwrap() else { panic!() };
        assert_eq!(start.tracks, [Track::Inbound, Track::Outbound]);
        assert_eq!((start.call_sid.as_str(), start.parameters["call"].as_str()), ("CA1", "x"));
        let media = r#"{"event": "media", "sequenceNumber": "3", "media": {"track": "outbound", "chunk": "1",
            "timestamp": "40", "payload": "f38A"}, "streamSid": "MZ1"}"#;
        let expected = Media { track: Track::Outbound, timestamp_ms: 40, payload: vec![0x7f, 0x7f, 0x00] };
        assert_eq!(parse(media), Ok(Frame::Media(expected)));
        for (text, frame) in [
            (r#"{"event": "connected", "protocol": "Call", "version": "1.0.0"}"#, Frame::Connected),
            (r#"{"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "1"}}"#, Frame::Passing),
            (r#"{"event": "mark", "mark": {"name": "m"}}"#, Frame::Passing),
            (r#"{"event": "stop", "stop": {"accountSid": "AC1", "callSid": "CA1"}}"#, Frame::Stop),
            (r#"{"event": "weather"}"#, Frame::Unknown),
        ] {
            assert_eq!(parse(text), Ok(frame));
        }
    }

    #[test]
    fn what_is_wrong_with_a_frame_is_said() {
        let long =
            format!(r#"{{"event": "media", "media": {{"timestamp": "1", "payload": "{}"}}}}"#, "A".repeat(40_000));
        for (text, problem) in [
            ("hello", "no frame of Media Streams"),
            ("{}", "missing field `event`"),
            (r#"{"event": "media"}"#, "without `media`"),
            (r#"{"event": "media", "media": {"timestamp": "x", "payload": ""}}"#, "timestamp"),
            (r#"{"event": "media", "media": {"timestamp": "1", "payload": "*"}}"#, "base64"),
            (r#"{"event": "media", "media": {"track": "both", "timestamp": "1", "payload": ""}}"#, "no frame"),
            (long.as_str(), "at most 16000 bytes"),
            (
                r#"{"event": "start", "start": {"mediaFormat": {"encoding": "audio/l16", "sampleRate": 8000, "channels": 1}}}"#,
                "mediaFormat",
            ),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.contains(problem), "{found}");
        }
    }
}
