//! Where a call stands, and what may happen to it there.

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// Neither recording nor transcript yet.
    Created,
    /// The recording is stored and waits for its turn.
    Uploaded,
    /// The recording is being transcribed.
    Transcribing,
    /// At least one transcript is complete.
    Transcribed,
    /// Transcription failed.
    Failed,
    /// A live stream is open.
    Live,
    /// Everything of it was removed but for its id.
    Purged,
}

impl CallState {
    /// All states.
    pub const ALL: [Self; 7] =
        [Self::Created, Self::Uploaded, Self::Transcribing, Self::Transcribed, Self::Failed, Self::Live, Self::Purged];

    /// Name as it is stored and shown in errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Uploaded => "uploaded",
            Self::Transcribing => "transcribing",
            Self::Transcribed => "transcribed",
            Self::Failed => "failed",
            Self::Live => "live",
            Self::Purged => "purged",
        }
    }

    /// The state of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether somebody is producing a transcript just now: then nobody else may.
    pub fn is_busy(self) -> bool {
        matches!(self, Self::Uploaded | Self::Transcribing | Self::Live)
    }

    /// Whether a recording may be uploaded. One that was transcribed stays: evidence points into it.
    pub fn accepts_recording(self, has_recording: bool) -> Result<(), &'static str> {
        match self {
            Self::Uploaded | Self::Transcribing => Err("its recording is being transcribed"),
            Self::Live => Err("a live stream is open"),
            Self::Purged => Err("it was purged"),
            Self::Transcribed if has_recording => Err("it has a transcribed recording already"),
            Self::Created | Self::Transcribed | Self::Failed => Ok(()),
        }
    }

    /// Whether a transcript may be imported or a live stream opened.
    pub fn accepts_transcript(self) -> Result<(), &'static str> {
        match self {
            Self::Uploaded | Self::Transcribing => Err("its recording is being transcribed"),
            Self::Live => Err("a live stream is open"),
            Self::Purged => Err("it was purged"),
            Self::Created | Self::Transcribed | Self::Failed => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_state() {
        assert!(CallState::ALL.into_iter().all(|state| CallState::parse(state.as_str()) == Some(state)));
        assert_eq!(CallState::parse("paused"), None);
    }

    #[test]
    fn only_one_source_of_words_at_a_time() {
        for state in CallState::ALL {
            assert_eq!(state.accepts_transcript().is_err(), state.is_busy() || state == CallState::Purged);
            assert!(!state.is_busy() || state.accepts_recording(false).is_err());
        }
        assert!(CallState::Failed.accepts_recording(true).is_ok());
        assert!(CallState::Transcribed.accepts_recording(true).is_err());
        assert!(CallState::Purged.accepts_recording(false).is_err());
    }
}
