//! VoiceService: EnrollVoice, ListVoices, DeleteVoice. Biometric data: nothing of an embedding leaves this service.

mod listen;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound as _, Utc};
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::enroll_voice_request::Source as Given;
use throughline_proto::transcription::v1::voice_service_server::{VoiceService, VoiceServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Error, Reason, Violations, name, page, timestamp};
use throughline_store::Idempotent;
use throughline_voices::enrol::Enrolment;
use tonic::{Request, Response, Status};

use super::{Transcription, convert};
use crate::store::entity::voice::{Model, Sealed};
use crate::store::{row, voices as stored};
use crate::voices::Voices as Models;

/// Most bytes of sound in a request, so that the message stays within its limit.
const MAX_AUDIO: usize = 900 * 1024;
const MAX_EMAIL: usize = 320;
const STATEMENT: std::ops::RangeInclusive<usize> = 10..=2_000;
/// A stretch of a call, milliseconds.
const STRETCH_MS: std::ops::RangeInclusive<i32> = 10_000..=120_000;

/// What the service stands on.
#[derive(Clone)]
pub struct Voices {
    /// Calls, as their callers may see them, and recordings.
    pub transcription: Transcription,
    pub models: Arc<Models>,
    /// How long a voice is kept.
    pub retention: Duration,
}

impl Voices {
    /// The service to add to a server.
    pub fn server(self) -> VoiceServiceServer<Self> {
        VoiceServiceServer::new(self)
    }

    async fn enroll(&self, request: Request<pb::EnrollVoiceRequest>) -> Result<pb::Voice, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let now = self.transcription.clock.now().trunc_subsecs(6);
        let asked = Asked::parse(&request, now)?;
        principal.authorize_workspace(&asked.workspace)?;
        own(&principal, &asked.email)?;
        let idempotent = Idempotent::new(&asked.workspace, "EnrollVoice", &request.request_id, &request);
        // A repeat is answered before anything is listened to again.
        let tx = self.transcription.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        drop(tx);
        let heard = listen::listen(self, &principal, &asked).await?;
        let voice = self.voice(&asked, &heard, &principal, now).await?;
        let answer = voice_out(&voice);
        if request.validate_only {
            return Ok(answer);
        }
        let tx = self.transcription.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        stored::enroll(&tx, &voice).await?;
        idempotent.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn voice(
        &self,
        asked: &Asked,
        heard: &Enrolment,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<Model, Error> {
        Ok(Model {
            workspace: asked.workspace.clone(),
            id: self.transcription.ids.next().to_string(),
            email: asked.email.clone(),
            embedding: Sealed(heard.embedding.to_bytes()),
            model: self.models.model_sha256().await.map_err(|e| listen::model_error(&e))?,
            statement: asked.statement.clone(),
            consented_at: asked.consented_at,
            speech_ms: row::ms(heard.speech_ms)?,
            snr_db: f64::from(heard.snr_db),
            call: asked.call().map(|[_, id]| id.clone()).unwrap_or_default(),
            created_by: principal.subject().to_owned(),
            created_at: now,
            expires_at: now + self.retention,
        })
    }

    async fn list(&self, request: Request<pb::ListVoicesRequest>) -> Result<pb::ListVoicesResponse, Error> {
        let principal = principal(&request)?;
        let pb::ListVoicesRequest { parent, page_size, page_token } = request.into_inner();
        let mut violations = Violations::new();
        let workspace = name::WORKSPACE.require(&mut violations, "parent", &parent);
        violations.finish()?;
        let [workspace] = workspace.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let only = principal.only_as_rep().map(|_| principal.subject().to_lowercase());
        let binding = ["ListVoices", parent.as_str(), only.as_deref().unwrap_or_default()];
        let page = page::Request::parse(page::USUAL, page_size, &page_token, &binding)?;
        let (db, now) = (&self.transcription.db, self.transcription.clock.now());
        let limit = page.limit as u64 + 1;
        let mut found = stored::list(db.conn(), &workspace, only.as_deref(), page.after.as_deref(), now, limit).await?;
        let next_page_token = page.cut(&mut found, |voice| voice.email.clone());
        Ok(pb::ListVoicesResponse { voices: found.iter().map(voice_out).collect(), next_page_token })
    }

    async fn delete(&self, request: Request<pb::DeleteVoiceRequest>) -> Result<pb::Voice, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let mut violations = Violations::new();
        let parsed = name::VOICE.require(&mut violations, "name", &request.name);
        violations.finish()?;
        let [workspace, id] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let now = self.transcription.clock.now();
        let idempotent = Idempotent::new(&workspace, "DeleteVoice", &request.request_id, &request);
        let tx = self.transcription.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let found = stored::find(&tx, &workspace, &id, now).await?;
        let voice = found.ok_or_else(|| Error::not_found(name::VOICE.kind, request.name.clone()))?;
        own(&principal, &voice.email)?;
        stored::delete(&tx, &workspace, &id).await?;
        let answer = voice_out(&voice);
        idempotent.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }
}

/// What a caller asks to be enrolled.
#[derive(Debug)]
struct Asked {
    workspace: String,
    email: String,
    statement: String,
    consented_at: DateTime<Utc>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Sent(Vec<u8>),
    Stretch { call: [String; 2], channel: usize, start_ms: u64, end_ms: u64 },
}

impl Asked {
    fn parse(request: &pb::EnrollVoiceRequest, now: DateTime<Utc>) -> Result<Self, Error> {
        let mut violations = Violations::new();
        let workspace = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
        let email = request.email.trim().to_lowercase();
        let form = email.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
        violations.check(
            form && email.len() <= MAX_EMAIL,
            "email",
            "must be an e-mail address of up to 320 characters",
        );
        let pb::VoiceConsent { statement, consent_time } = request.consent.clone().unwrap_or_default();
        let length = statement.trim().chars().count();
        violations.check(STATEMENT.contains(&length), "consent.statement", "must be 10 to 2,000 characters");
        let consented_at = consent_time.as_ref().and_then(convert::timestamp_in).filter(|time| *time <= now);
        violations.check(consented_at.is_some(), "consent.consent_time", "is required and must not be in the future");
        let source = source(request.source.as_ref(), &mut violations);
        let [workspace] = workspace.unwrap_or_default();
        if let Some(Source::Stretch { call: [other, _], .. }) = &source {
            violations.check(*other == workspace, "stretch.call", "must be a call of the same workspace");
        }
        violations.finish()?;
        let (Some(consented_at), Some(source)) = (consented_at, source) else {
            return Err(Error::internal("a request without violations lacks what is required"));
        };
        Ok(Self { workspace, email, statement: statement.trim().to_owned(), consented_at, source })
    }

    fn call(&self) -> Option<&[String; 2]> {
        match &self.source {
            Source::Stretch { call, .. } => Some(call),
            Source::Sent(_) => None,
        }
    }
}

fn source(given: Option<&Given>, violations: &mut Violations) -> Option<Source> {
    match given {
        Some(Given::Audio(bytes)) => {
            violations.check(!bytes.is_empty() && bytes.len() <= MAX_AUDIO, "audio", "must be up to 900 KiB");
            Some(Source::Sent(bytes.clone()))
        }
        Some(Given::Stretch(pb::CallStretch { call, channel, start_ms, end_ms })) => {
            let call = name::CALL.require(violations, "stretch.call", call);
            violations.check((0..=1).contains(channel), "stretch.channel", "must be 0 or 1");
            violations.check(*start_ms >= 0, "stretch.start_ms", "must not be negative");
            let length = end_ms.saturating_sub(*start_ms);
            violations.check(
                STRETCH_MS.contains(&length),
                "stretch.end_ms",
                "must be 10 to 120 seconds after the start",
            );
            Some(Source::Stretch {
                call: call?,
                channel: usize::try_from(*channel).ok()?,
                start_ms: u64::try_from(*start_ms).ok()?,
                end_ms: u64::try_from(*end_ms).ok()?,
            })
        }
        None => {
            violations.add("source", "`audio` or `stretch` is required");
            None
        }
    }
}

/// Reps act on their own voice only.
fn own(principal: &Principal, email: &str) -> Result<(), Error> {
    if principal.only_as_rep().is_none() || principal.subject().eq_ignore_ascii_case(email) {
        return Ok(());
    }
    let message = "reps enrol and delete their own voice; a manager those of the team";
    Err(Error::permission_denied(Reason::RoleRequired, message).with_metadata("required_roles", "manager"))
}

fn voice_out(voice: &Model) -> pb::Voice {
    let Model { workspace, id, email, statement, consented_at, speech_ms, snr_db, call, .. } = voice;
    let consent = pb::VoiceConsent { statement: statement.clone(), consent_time: Some(timestamp(*consented_at)) };
    pb::Voice {
        name: name::VOICE.format([workspace, id]),
        email: email.clone(),
        consent: Some(consent),
        speech_ms: *speech_ms,
        snr_db: *snr_db,
        call: if call.is_empty() { String::new() } else { name::CALL.format([workspace, call]) },
        created_by: voice.created_by.clone(),
        create_time: Some(timestamp(voice.created_at)),
        expire_time: Some(timestamp(voice.expires_at)),
    }
}

#[async_trait]
impl VoiceService for Voices {
    async fn enroll_voice(&self, request: Request<pb::EnrollVoiceRequest>) -> Result<Response<pb::Voice>, Status> {
        Ok(Response::new(self.enroll(request).await?))
    }

    async fn list_voices(
        &self,
        request: Request<pb::ListVoicesRequest>,
    ) -> Result<Response<pb::ListVoicesResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn delete_voice(&self, request: Request<pb::DeleteVoiceRequest>) -> Result<Response<pb::Voice>, Status> {
        Ok(Response::new(self.delete(request).await?))
    }
}
