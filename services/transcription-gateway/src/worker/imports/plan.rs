//! What lies under a watched prefix, and what is to become of it: recordings and transcripts, each with its side file.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// An object as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Below the prefix.
    pub key: String,
    pub bytes: u64,
    pub modified: DateTime<Utc>,
    /// Changes with the content.
    pub version: String,
}

/// What an object holds, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Recording,
    Transcript,
}

/// An object that is to become a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub object: Listed,
    pub content: Content,
    /// The file of the same name that tells of the call.
    pub side: Option<Listed>,
}

/// What an extension says; `None` for what is left alone.
fn content(extension: &str) -> Option<Content> {
    match extension.to_ascii_lowercase().as_str() {
        "wav" | "flac" | "mp3" | "ogg" | "opus" | "m4a" => Some(Content::Recording),
        "vtt" | "srt" | "json" | "txt" => Some(Content::Transcript),
        _ => None,
    }
}

/// The objects that are to become calls, by key. Of one name, the recording wins over the transcript, since it is
/// transcribed here, and a `.json` beside either is its side file.
pub fn plan(listed: Vec<Listed>) -> Vec<Found> {
    let mut by_stem: BTreeMap<String, Vec<(String, Content, Listed)>> = BTreeMap::new();
    for object in listed {
        // Files that are being written are often hidden.
        let name = object.key.rsplit('/').next().unwrap_or_default();
        let Some((_, extension)) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else { continue };
        let Some(content) = content(extension) else { continue };
        let stem = object.key[..object.key.len() - extension.len() - 1].to_owned();
        by_stem.entry(stem).or_default().push((extension.to_ascii_lowercase(), content, object));
    }
    let mut found = Vec::with_capacity(by_stem.len());
    for mut objects in by_stem.into_values() {
        let rank = |(extension, content, _): &(String, Content, Listed)| match content {
            Content::Recording => 0,
            Content::Transcript if extension != "json" => 1,
            Content::Transcript => 2,
        };
        objects.sort_by_key(rank);
        let mut objects = objects.into_iter();
        let Some((main, content, object)) = objects.next() else { continue };
        let side = objects.find(|(extension, ..)| extension == "json" && main != "json").map(|(.., side)| side);
        found.push(Found { object, content, side });
    }
    found.sort_by(|a, b| a.object.key.cmp(&b.object.key));
    found
}

/// The id of the call that an object becomes: readable, and the same whichever replica asks.
pub fn call_id(source: &str, key: &str) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(format!("{source}\0{key}")));
    let stem = key.rsplit('/').next().unwrap_or_default();
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let mut id: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).take(40).collect();
    id = id.trim_matches('-').to_owned();
    let digest = digest.get(..16).unwrap_or_default();
    if id.is_empty() { digest.to_owned() } else { format!("{id}-{digest}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::call::is_call_id;

    fn listed(key: &str) -> Listed {
        Listed { key: key.to_owned(), bytes: 1, modified: DateTime::UNIX_EPOCH, version: String::new() }
    }

    fn planned(keys: &[&str]) -> Vec<(String, Content, Option<String>)> {
        let found = plan(keys.iter().map(|key| listed(key)).collect());
        found.into_iter().map(|found| (found.object.key, found.content, found.side.map(|side| side.key))).collect()
    }

    #[test]
    fn side_files_belong_to_the_object_of_their_name() {
        assert_eq!(
            planned(&[
                "a/call.flac",
                "a/call.json",
                "b/call.json",
                "c.vtt",
                "c.json",
                "notes.pdf",
                ".hidden",
                "x/.wav"
            ]),
            [
                ("a/call.flac".to_owned(), Content::Recording, Some("a/call.json".to_owned())),
                ("b/call.json".to_owned(), Content::Transcript, None),
                ("c.vtt".to_owned(), Content::Transcript, Some("c.json".to_owned())),
            ]
        );
    }

    #[test]
    fn a_recording_wins_over_the_transcript_of_its_name() {
        assert_eq!(planned(&["a.vtt", "a.WAV"]), [("a.WAV".to_owned(), Content::Recording, None)]);
    }

    proptest! {
        #[test]
        fn ids_of_calls_are_valid_and_tell_keys_apart(one in "\\PC{0,80}", two in "\\PC{0,80}") {
            prop_assert!(is_call_id(&call_id("s", &one)), "{}", call_id("s", &one));
            prop_assert_eq!(one == two, call_id("s", &one) == call_id("s", &two));
        }
    }
}
