//! Which files are analysed, and what is known of each before it is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use throughline_proto::common::v1::{AccountContext, DealContext, Participant, Side};
use throughline_proto::transcription::v1::{Call, TranscriptFormat};
use throughline_rpc::{name, timestamp};
use walkdir::WalkDir;

use crate::exit;

/// How an input reaches the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Recording,
    Transcript(TranscriptFormat),
}

/// A file to analyse.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// What is known of the call: from the file itself or from `NAME.call.json` beside it.
    pub(crate) header: Option<Header>,
    /// Id of the call.
    pub(crate) call_id: String,
}

/// The head of a call JSON; its turns and labels are not looked at here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Header {
    pub(crate) id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    call_type: String,
    #[serde(default)]
    pub(crate) date: Option<NaiveDate>,
    #[serde(default)]
    time_zone: String,
    #[serde(default)]
    pub(crate) account: Account,
    #[serde(default)]
    pub(crate) deal: Deal,
    #[serde(default)]
    pub(crate) participants: Vec<Person>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Account {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) industry: String,
    pub(crate) employees: Option<i32>,
    pub(crate) regulated: Option<bool>,
    #[serde(default)]
    pub(crate) segment: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Deal {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) stage: String,
    pub(crate) amount: Option<f64>,
    #[serde(default)]
    pub(crate) currency: String,
    #[serde(default)]
    pub(crate) close_date: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Person {
    id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) side: String,
    #[serde(default)]
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) title: String,
    channel: Option<i32>,
}

/// Time of day that a call without one is put at.
const NOON: NaiveTime = match NaiveTime::from_hms_opt(12, 0, 0) {
    Some(noon) => noon,
    None => NaiveTime::MIN,
};

impl Header {
    /// When the call took place.
    pub(crate) fn start(&self) -> Option<DateTime<Utc>> {
        self.date.map(|date| date.and_time(NOON).and_utc())
    }

    /// The call to create.
    pub(crate) fn call(&self) -> Call {
        Call {
            title: self.title.clone(),
            call_type: self.call_type.clone(),
            start_time: self.start().map(timestamp),
            time_zone: self.time_zone.clone(),
            participants: self.participants.iter().map(participant).collect(),
            account: Some(AccountContext {
                name: self.account.name.clone(),
                industry: self.account.industry.clone(),
                employees: self.account.employees,
                regulated: self.account.regulated,
                segment: self.account.segment.clone(),
            }),
            deal: Some(DealContext {
                id: self.deal.id.clone(),
                stage: self.deal.stage.clone(),
                amount: self.deal.amount,
                currency: self.deal.currency.clone(),
                close_date: self.deal.close_date.clone(),
            }),
            ..Call::default()
        }
    }
}

fn participant(person: &Person) -> Participant {
    let side = match person.side.as_str() {
        "rep" => Side::Rep,
        "buyer" => Side::Buyer,
        _ => Side::Unspecified,
    };
    Participant {
        id: person.id.clone(),
        name: person.name.clone(),
        side: side.into(),
        email: person.email.clone(),
        title: person.title.clone(),
        channel: person.channel,
    }
}

/// Finds the inputs under `paths`: files named are taken or refused, folders are searched for what can be taken.
pub(crate) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut found = BTreeMap::new();
    let mut refused = Vec::new();
    for path in paths {
        if path.is_dir() {
            let files = WalkDir::new(path).sort_by_file_name().into_iter().filter_map(Result::ok);
            for entry in files.filter(|entry| entry.file_type().is_file()) {
                if let Some(kind) = kind_of(entry.path(), true) {
                    found.insert(entry.into_path(), kind);
                }
            }
        } else if !path.exists() {
            refused.push(format!("{}: no such file or folder", path.display()));
        } else if let Some(kind) = kind_of(path, false) {
            found.insert(path.clone(), kind);
        } else {
            refused.push(format!("{}: neither a recording nor a transcript", path.display()));
        }
    }
    if !refused.is_empty() {
        return Err(exit::usage(refused.join("\n")));
    }
    if found.is_empty() {
        return Err(exit::usage("nothing to analyse: no recording, transcript or call JSON there"));
    }
    let mut inputs: Vec<Input> = found.into_iter().map(|(path, kind)| input(path, kind)).collect();
    // A recording comes before a transcript of the same call: the transcript is the later word on it. Calls of a deal
    // come in the order they took place.
    inputs.sort_by_key(|input| {
        (
            input.header.as_ref().and_then(|h| h.date),
            input.call_id.clone(),
            input.kind != Kind::Recording,
            input.path.clone(),
        )
    });
    Ok(inputs)
}

fn kind_of(path: &Path, in_folder: bool) -> Option<Kind> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "wav" | "flac" | "mp3" | "ogg" | "opus" | "oga" | "m4a" | "mp4" => Some(Kind::Recording),
        "vtt" => Some(Kind::Transcript(TranscriptFormat::Webvtt)),
        "srt" => Some(Kind::Transcript(TranscriptFormat::Srt)),
        "json" if name.ends_with(".call.json") => None,
        "json" if !in_folder || read_header(path).is_some() => Some(Kind::Transcript(TranscriptFormat::CallJson)),
        _ => None,
    }
}

fn input(path: PathBuf, kind: Kind) -> Input {
    let header = match kind {
        Kind::Transcript(TranscriptFormat::CallJson) => read_header(&path),
        _ => read_header(&path.with_extension("call.json")),
    };
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("call");
    let call_id = name::slug(header.as_ref().map_or(stem, |header| &header.id)).to_ascii_lowercase();
    let call_id = if call_id.is_empty() { "call".to_owned() } else { call_id.chars().take(63).collect() };
    Input { path, kind, header, call_id }
}

fn read_header(path: &Path) -> Option<Header> {
    let bytes = std::fs::read(path).ok()?;
    serde_json::from_slice(&bytes).ok()
}
