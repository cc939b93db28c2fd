//! Makes a recording silent where its transcript had something taken out: a copy is written, noted in the transaction of
//! the transcript in the place of the original, and the original is removed for good. Until then nobody can play it.

use std::ops::Range;

use throughline_objects::Stored;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::audio::{AudioError, Inspection, silence};
use crate::recordings::{Recording, Recordings};
use crate::speech::SpeechError;

/// Blocks between encoding and the store; each is some kilobytes.
const BLOCKS_AHEAD: usize = 64;

/// Where the copy is to lie.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub workspace: &'a str,
    pub call: &'a str,
    /// Used for nothing else.
    pub id: &'a str,
}

/// Writes a copy of `sound` that is silent in `stretches`. It is removed again unless it is kept.
pub async fn silenced(
    recordings: &Recordings,
    sound: &Recording,
    inspection: &Inspection,
    stretches: Vec<Range<u64>>,
    target: Target<'_>,
) -> Result<Stored, SpeechError> {
    let Target { workspace, call, id } = target;
    let mut copy = recordings.begin(workspace, call, id).map_err(unwritable)?;
    let (sender, mut blocks) = mpsc::channel::<Vec<u8>>(BLOCKS_AHEAD);
    let (source, frames) = (sound.clone(), inspection.frames);
    let encoding =
        spawn_blocking(move || silence(&source, frames, &stretches, |block| sender.blocking_send(block).is_ok()));
    let mut written = Ok(());
    while let Some(block) = blocks.recv().await {
        written = copy.write(&block).await;
        if written.is_err() {
            break;
        }
    }
    // Encoding ends once nobody listens, so it can be waited for even after a failure.
    drop(blocks);
    let encoded = encoding.await.map_err(|error| AudioError::Io(error.to_string()))?;
    written.map_err(unwritable)?;
    encoded?;
    copy.finish().await.map_err(unwritable)
}

/// The store takes nothing just now: as good as away, since the recording is whatever it was.
fn unwritable(error: throughline_rpc::Error) -> SpeechError {
    AudioError::Away(format!("the silenced copy can't be written: {}", error.message())).into()
}
