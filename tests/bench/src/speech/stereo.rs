//! The recording of two speakers, one a channel: each sentence must come out whole, on its side.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use transcription_gateway::domain::call::{Participant, Side};
use transcription_gateway::engine::SpeechEngine;
use transcription_gateway::speech::recording;
use transcription_gateway::voices::Separated;

/// From faster-whisper's tests; beside the clips, and what is said in it on the left and on the right.
pub const FILE: &str = "stereo_diarization.wav";
const SAID: [(Side, &str); 2] = [
    (Side::Rep, "He began a confused complaint against the wizard, who had vanished behind the curtain on the left."),
    (Side::Buyer, "The horizon seems extremely distant."),
];

/// What was heard of each side.
#[derive(Debug, Clone, Serialize)]
pub struct Stereo {
    pub rep: String,
    pub buyer: String,
}

/// Transcribes it with a rep on the left and a buyer on the right.
pub async fn measure(engine: &Arc<dyn SpeechEngine>, path: &Path) -> anyhow::Result<Stereo> {
    let cancel = CancellationToken::new();
    let inspection = recording::examine(path, &cancel).await.with_context(|| path.display().to_string())?;
    let people: Vec<Participant> = SAID
        .iter()
        .enumerate()
        .map(|(channel, (side, _))| Participant {
            id: format!("s{channel}"),
            name: format!("Speaker {channel}"),
            side: *side,
            channel: u8::try_from(channel).ok(),
            ..Participant::default()
        })
        .collect();
    let draft =
        recording::transcribe(path, &inspection, &people, Separated::default(), engine, &cancel, |_| {}).await?;
    let heard = SAID.map(|(side, _)| {
        let turns = draft.turns.iter().filter(|turn| turn.speaker.side == side);
        turns.map(|turn| turn.text.as_str()).collect::<Vec<_>>().join(" ")
    });
    for ((side, said), heard) in SAID.iter().zip(&heard) {
        ensure!(words(said) == words(heard), "the {side:?} said \"{said}\", and \"{heard}\" was heard");
    }
    let [rep, buyer] = heard;
    Ok(Stereo { rep, buyer })
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
