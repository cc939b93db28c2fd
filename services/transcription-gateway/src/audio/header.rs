//! The few facts about a file's first bytes that the demuxers do not tell: what an unreadable file was meant to be,
//! which codec was refused, and whether the length was known when the header was written.

/// Writers that stream put a placeholder near the largest number where the length belongs.
const PLACEHOLDER_BYTES: u32 = 0x7fff_0000;

/// How many of the first bytes are looked at.
pub(super) const FIRST_BYTES: usize = 24;

/// The format that the first bytes announce, for a file that could not be read as any.
pub(super) fn announced(first: &[u8]) -> Option<&'static str> {
    let bytes: [u8; 8] = first.get(..8)?.try_into().ok()?;
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p'] => Some("m4a"),
        [b'O', b'g', b'g', b'S', ..] => Some("ogg"),
        [b'f', b'L', b'a', b'C', ..] => Some("flac"),
        _ => None,
    }
}

pub(super) struct WavHeader {
    /// `wFormatTag`, when the format chunk comes first as it nearly always does.
    format_tag: Option<u16>,
    /// Where the format chunk comes first as well.
    channels: Option<u16>,
    riff_bytes: u32,
}

/// Reads the header of a WAV file from its first bytes; `None` if it is none.
pub(super) fn wav(first: &[u8]) -> Option<WavHeader> {
    let bytes: [u8; FIRST_BYTES] = first.try_into().ok()?;
    let [b'R', b'I', b'F', b'F', s0, s1, s2, s3, b'W', b'A', b'V', b'E', rest @ ..] = bytes else { return None };
    let (format_tag, channels) = match rest {
        [b'f', b'm', b't', b' ', _, _, _, _, t0, t1, c0, c1] => {
            (Some(u16::from_le_bytes([t0, t1])), Some(u16::from_le_bytes([c0, c1])))
        }
        _ => (None, None),
    };
    Some(WavHeader { format_tag, channels, riff_bytes: u32::from_le_bytes([s0, s1, s2, s3]) })
}

impl WavHeader {
    /// Whether the announced length is one that was really known.
    pub(super) fn length_is_known(&self) -> bool {
        self.riff_bytes < PLACEHOLDER_BYTES
    }

    /// How many channels it says there are: the demuxer takes more than 26 for damage.
    pub(super) fn channels(&self) -> Option<usize> {
        self.channels.map(usize::from)
    }

    /// Name of the codec, for the message that it is not supported.
    pub(super) fn codec(&self) -> String {
        match self.format_tag {
            Some(0x0031) => "GSM 06.10 in wav is not supported".to_owned(),
            Some(0x0040 | 0x0045 | 0x0064) => "G.726 in wav is not supported".to_owned(),
            Some(0x0042) => "G.723 in wav is not supported".to_owned(),
            Some(0x0050 | 0x0055) => "MPEG audio in wav is not supported".to_owned(),
            Some(0x0083) => "G.729 in wav is not supported".to_owned(),
            Some(tag) => format!("the wav codec 0x{tag:04x} is not supported"),
            None => "this kind of wav file is not supported".to_owned(),
        }
    }
}
