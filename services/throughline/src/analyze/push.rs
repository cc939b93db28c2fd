//! Sends one input to the gateway.

use std::path::Path;

use anyhow::Context as _;
use futures::StreamExt as _;
use throughline_proto::common::v1::{Participant, Side};
use throughline_proto::transcription::v1::upload_recording_request::Message;
use throughline_proto::transcription::v1::{
    Call, Consent, ConsentMethod, ConsentState, CreateCallRequest, GetCallRequest, ImportTranscriptRequest,
    UploadRecordingHeader, UploadRecordingRequest,
};
use throughline_rpc::{name, timestamp};
use tokio::io::AsyncReadExt as _;
use tonic::Status;

use super::input::{Input, Kind};
use super::mesh_clients::Clients;
use super::setup::reason;
use crate::cli::Consented;

/// Most bytes of a recording in one message.
const CHUNK_BYTES: usize = 32 << 10;

/// Why an input could not be analysed.
pub(crate) enum Failure {
    /// A service refused it.
    Status(Box<Status>),
    /// Anything else.
    Other(anyhow::Error),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// What was sent.
pub(crate) struct Pushed {
    /// Name of the call.
    pub(crate) call: String,
    /// The transcript, where it is known already.
    pub(crate) transcript: Option<String>,
    /// The transcript that the call had before: a recording's is another one.
    pub(crate) earlier: String,
}

/// Creates the call and sends the input. A call that exists gets the input as its next revision.
pub(crate) async fn push(
    clients: &Clients,
    input: &Input,
    rep: Option<&str>,
    consent: Option<Consented>,
) -> Result<Pushed, Failure> {
    let call = create(clients, input, rep, consent).await?;
    match input.kind {
        Kind::Recording => {
            upload(clients, &call.name, &input.path).await?;
            Ok(Pushed { call: call.name, transcript: None, earlier: call.transcript })
        }
        Kind::Transcript(format) => {
            let content = tokio::fs::read(&input.path).await.with_context(|| input.path.display().to_string())?;
            let request = ImportTranscriptRequest {
                call: call.name.clone(),
                content,
                format: format.into(),
                ..Default::default()
            };
            let transcript = clients.transcription.clone().import_transcript(request).await?.into_inner();
            Ok(Pushed { call: call.name, transcript: Some(transcript.name), earlier: call.transcript })
        }
    }
}

async fn create(
    clients: &Clients,
    input: &Input,
    rep: Option<&str>,
    consent: Option<Consented>,
) -> Result<Call, Failure> {
    let mut transcription = clients.transcription.clone();
    let mut call = call_of(input, rep).await?;
    call.consents = consent.map(|consent| consents(&call.participants, consent)).unwrap_or_default();
    let request = CreateCallRequest {
        parent: clients.parent(),
        call: Some(call),
        call_id: input.call_id.clone(),
        ..Default::default()
    };
    match transcription.create_call(request).await {
        Ok(call) => Ok(call.into_inner()),
        Err(status) if reason(&status) == "RESOURCE_EXISTS" => {
            let name = name::CALL.format([clients.workspace(), &input.call_id]);
            Ok(transcription.get_call(GetCallRequest { name }).await?.into_inner())
        }
        Err(status) => Err(status.into()),
    }
}

async fn call_of(input: &Input, rep: Option<&str>) -> Result<Call, Failure> {
    if let Some(header) = &input.header {
        return Ok(header.call());
    }
    let metadata = tokio::fs::metadata(&input.path).await.with_context(|| input.path.display().to_string())?;
    let modified = metadata.modified().context("modification time")?;
    let title = input.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("call").to_owned();
    let participants = match rep {
        Some(rep) => sides_of(&input.path, rep).await?,
        None => Vec::new(),
    };
    Ok(Call { title, start_time: Some(timestamp(modified.into())), participants, ..Default::default() })
}

fn consents(participants: &[Participant], consent: Consented) -> Vec<Consent> {
    let method = match consent {
        Consented::Verbal => ConsentMethod::Verbal,
        Consented::Written => ConsentMethod::Written,
        Consented::PlatformNotice => ConsentMethod::PlatformNotice,
    };
    let granted = |participant: &Participant| Consent {
        participant: participant.id.clone(),
        state: ConsentState::Granted.into(),
        method: method.into(),
        ..Default::default()
    };
    participants.iter().map(granted).collect()
}

/// The speakers of a transcript, where only the rep's name is known: everybody else is a buyer.
async fn sides_of(path: &Path, rep: &str) -> Result<Vec<Participant>, Failure> {
    let Ok(text) = tokio::fs::read_to_string(path).await else { return Ok(Vec::new()) };
    let mut names = vec![rep.to_owned()];
    for line in text.lines().map(str::trim) {
        let voice = line.strip_prefix("<v ").and_then(|rest| rest.split_once('>')).map(|(name, _)| name);
        let prefix = line.split_once(": ").map(|(name, _)| name).filter(|name| name.split_whitespace().count() <= 4);
        if let Some(name) = voice.or(prefix).map(str::trim)
            && !line.contains("-->")
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    let person = |(index, name): (usize, String)| Participant {
        id: format!("s{}", index + 1),
        side: if index == 0 { Side::Rep } else { Side::Buyer }.into(),
        name,
        ..Default::default()
    };
    Ok(names.into_iter().enumerate().map(person).collect())
}

async fn upload(clients: &Clients, call: &str, path: &Path) -> Result<(), Failure> {
    let file = tokio::fs::File::open(path).await.with_context(|| path.display().to_string())?;
    let size = file.metadata().await.context("size of the recording")?.len();
    let header = UploadRecordingHeader {
        call: call.to_owned(),
        size_bytes: i64::try_from(size).unwrap_or(i64::MAX),
        ..Default::default()
    };
    let head = UploadRecordingRequest { message: Some(Message::Header(header)) };
    // Read as it is sent, so that a recording of hours is never held in memory.
    let chunks = futures::stream::unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        chunk.truncate(read);
        Some((UploadRecordingRequest { message: Some(Message::Chunk(chunk)) }, file))
    });
    let messages = futures::stream::once(std::future::ready(head)).chain(chunks);
    clients.transcription.clone().upload_recording(messages).await?;
    Ok(())
}
