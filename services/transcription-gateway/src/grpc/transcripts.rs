//! GetTranscript, ListTranscripts.

use throughline_proto::transcription::v1 as pb;
use throughline_rpc::auth::principal;
use throughline_rpc::{Error, Violations, name, page};
use tonic::Request;

use super::{Transcription, convert};
use crate::store::transcripts;

pub async fn get(service: &Transcription, request: Request<pb::GetTranscriptRequest>) -> Result<pb::Transcript, Error> {
    let principal = principal(&request)?;
    let requested = request.into_inner().name;
    let mut violations = Violations::new();
    let parsed = name::TRANSCRIPT.require(&mut violations, "name", &requested);
    violations.finish()?;
    let [workspace, call, number] = parsed.unwrap_or_default();
    service.visible(&principal, &workspace, &call).await?;
    let found = match number.parse::<i32>() {
        Ok(number) => transcripts::find(service.db.conn(), &workspace, &call, number).await?,
        Err(_) => None,
    };
    let (row, draft) = found.ok_or_else(|| Error::not_found(name::TRANSCRIPT.kind, requested))?;
    Ok(convert::transcript_with_turns(&row, &draft))
}

pub async fn list(
    service: &Transcription,
    request: Request<pb::ListTranscriptsRequest>,
) -> Result<pb::ListTranscriptsResponse, Error> {
    let principal = principal(&request)?;
    let pb::ListTranscriptsRequest { parent, page_size, page_token } = request.into_inner();
    let mut violations = Violations::new();
    let parsed = name::CALL.require(&mut violations, "parent", &parent);
    violations.finish()?;
    let [workspace, call] = parsed.unwrap_or_default();
    service.visible(&principal, &workspace, &call).await?;
    let page = page::Request::parse(page::USUAL, page_size, &page_token, &["ListTranscripts", &parent])?;
    let below = page.after.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or(i32::MAX);
    let limit = page.limit as u64 + 1;
    let mut found = transcripts::list(service.db.conn(), &workspace, &call, below, limit).await?;
    let next_page_token = page.cut(&mut found, |row| row.number.to_string());
    let transcripts = found.iter().map(convert::transcript_out).collect();
    Ok(pb::ListTranscriptsResponse { transcripts, next_page_token })
}
