//! The SpeechEngineService: engines as workspaces declare them, with how they are doing here.

mod convert;
mod mask;

use std::sync::Arc;

use async_trait::async_trait;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::speech_engine_service_server::{
    SpeechEngineService, SpeechEngineServiceServer,
};
use throughline_rpc::auth::principal;
use throughline_rpc::{Clock, Error, Reason, Violations, name, page};
use throughline_store::{Db, Idempotent, Transaction};
use tonic::{Request, Response, Status};

use crate::domain::engine::{BUILT_IN, Spec};
use crate::engine::grants::Grants;
use crate::engine::router::{Router, built_in};
use crate::store::engines::{self, Stored};
use convert::Shown;

/// Most engines of a workspace.
const MAX_ENGINES: usize = 32;

/// What the service stands on.
#[derive(Clone)]
pub struct SpeechEngines {
    pub db: Db,
    pub clock: Clock,
    pub router: Arc<Router>,
    pub grants: Grants,
}

impl SpeechEngines {
    /// The service to add to a server.
    pub fn server(self) -> SpeechEngineServiceServer<Self> {
        SpeechEngineServiceServer::new(self)
    }

    async fn create(&self, request: Request<pb::CreateSpeechEngineRequest>) -> Result<pb::SpeechEngine, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let mut violations = Violations::new();
        let workspace = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
        let [workspace] = workspace.unwrap_or_default();
        let id = request.speech_engine_id.as_str();
        violations.check(is_engine_id(id), "speech_engine_id", "must be 1 to 63 of `a-z 0-9 -`, first a letter");
        let spec = self.parse(&workspace, id, request.speech_engine.clone(), &mut violations);
        violations.finish()?;
        principal.authorize_workspace(&workspace)?;
        let spec = spec.ok_or_else(|| Error::internal("a valid engine was not read"))?;
        let idempotent = Idempotent::new(&workspace, "CreateSpeechEngine", &request.request_id, &request);
        let tx = self.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, self.clock.now()).await? {
            return Ok(answer);
        }
        let stored = self.insert(&tx, &workspace, id, &spec).await?;
        self.conclude(tx, &idempotent, &stored, request.validate_only).await
    }

    async fn get(&self, request: Request<pb::GetSpeechEngineRequest>) -> Result<pb::SpeechEngine, Error> {
        let principal = principal(&request)?;
        let mut violations = Violations::new();
        let parsed = name::SPEECH_ENGINE.require(&mut violations, "name", &request.get_ref().name);
        violations.finish()?;
        let [workspace, id] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        match engines::find(self.db.conn(), &workspace, &id).await? {
            Some(stored) => Ok(self.show(&stored)),
            None if id == BUILT_IN => Ok(self.show_built_in(&workspace)),
            None => Err(not_found(&workspace, &id)),
        }
    }

    async fn list(
        &self,
        request: Request<pb::ListSpeechEnginesRequest>,
    ) -> Result<pb::ListSpeechEnginesResponse, Error> {
        let principal = principal(&request)?;
        let pb::ListSpeechEnginesRequest { parent, page_size, page_token } = request.into_inner();
        let mut violations = Violations::new();
        let workspace = name::WORKSPACE.require(&mut violations, "parent", &parent);
        violations.finish()?;
        let [workspace] = workspace.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let page = page::Request::parse(page::USUAL, page_size, &page_token, &["ListSpeechEngines", parent.as_str()])?;
        // They are few: the limit of a workspace is below that of a page.
        let stored = engines::list(self.db.conn(), &workspace).await?;
        let mut found: Vec<pb::SpeechEngine> = stored.iter().map(|stored| self.show(stored)).collect();
        if !stored.iter().any(|stored| stored.row.id == BUILT_IN) {
            found.push(self.show_built_in(&workspace));
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found.retain(|engine| page.after.as_ref().is_none_or(|after| engine.name > *after));
        let next_page_token = page.cut(&mut found, |engine| engine.name.clone());
        Ok(pb::ListSpeechEnginesResponse { speech_engines: found, next_page_token })
    }

    async fn update(&self, request: Request<pb::UpdateSpeechEngineRequest>) -> Result<pb::SpeechEngine, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let given = request.speech_engine.clone().unwrap_or_default();
        let mut violations = Violations::new();
        violations.check(request.speech_engine.is_some(), "speech_engine", "is required");
        let parsed = name::SPEECH_ENGINE.require(&mut violations, "speech_engine.name", &given.name);
        let paths = mask::paths(request.update_mask.as_ref(), &given, &mut violations);
        violations.finish()?;
        let [workspace, id] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let idempotent = Idempotent::new(&workspace, "UpdateSpeechEngine", &request.request_id, &request);
        let tx = self.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, self.clock.now()).await? {
            return Ok(answer);
        }
        let found = engines::find_for_update(&tx, &workspace, &id).await?;
        let stored = match found {
            Some(stored) => {
                is_current(&stored, &given.etag)?;
                let wanted = mask::apply(convert::spec_out(&stored.spec), given, &paths);
                let spec = self.checked(&workspace, &id, wanted)?;
                if spec == stored.spec {
                    stored
                } else {
                    engines::update(&tx, &stored, &spec, self.clock.now()).await?
                }
            }
            None if request.allow_missing && given.etag.is_empty() => {
                let mut violations = Violations::new();
                violations.check(is_engine_id(&id), "speech_engine.name", "its id must be 1 to 63 of `a-z 0-9 -`");
                violations.finish()?;
                let spec = self.checked(&workspace, &id, given)?;
                self.insert(&tx, &workspace, &id, &spec).await?
            }
            None => return Err(not_found(&workspace, &id)),
        };
        self.conclude(tx, &idempotent, &stored, request.validate_only).await
    }

    async fn delete(&self, request: Request<pb::DeleteSpeechEngineRequest>) -> Result<(), Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let mut violations = Violations::new();
        let parsed = name::SPEECH_ENGINE.require(&mut violations, "name", &request.name);
        violations.finish()?;
        let [workspace, id] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        let now = self.clock.now();
        let idempotent = Idempotent::new(&workspace, "DeleteSpeechEngine", &request.request_id, &request);
        let tx = self.db.begin().await?;
        if let Some(()) = idempotent.replay(&tx, now).await? {
            return Ok(());
        }
        match engines::find_for_update(&tx, &workspace, &id).await? {
            Some(stored) => {
                is_current(&stored, &request.etag)?;
                engines::delete(&tx, &workspace, &id).await?;
            }
            None if request.allow_missing => {}
            None => return Err(not_found(&workspace, &id)),
        }
        idempotent.record(&tx, &(), now).await?;
        tx.commit().await?;
        self.reload().await;
        Ok(())
    }

    fn parse(
        &self,
        workspace: &str,
        id: &str,
        engine: Option<pb::SpeechEngine>,
        violations: &mut Violations,
    ) -> Option<Spec> {
        violations.check(engine.is_some(), "speech_engine", "is required");
        convert::spec_in(engine?, (workspace, id), &self.grants, violations)
    }

    fn checked(&self, workspace: &str, id: &str, engine: pb::SpeechEngine) -> Result<Spec, Error> {
        let mut violations = Violations::new();
        let spec = self.parse(workspace, id, Some(engine), &mut violations);
        violations.finish()?;
        spec.ok_or_else(|| Error::internal("a valid engine was not read"))
    }

    async fn insert(&self, tx: &Transaction, workspace: &str, id: &str, spec: &Spec) -> Result<Stored, Error> {
        if engines::list(tx, workspace).await?.len() >= MAX_ENGINES {
            let message = format!("a workspace has at most {MAX_ENGINES} speech engines");
            let error = Error::resource_exhausted(Reason::LimitExceeded, message, None);
            return Err(error.with_metadata("limit", MAX_ENGINES.to_string()));
        }
        let inserted = engines::insert(tx, workspace, id, spec, self.clock.now()).await;
        inserted.map_err(|error| match error.is_unique_violation(Some("speech_engine")) {
            true => Error::already_exists(name::SPEECH_ENGINE.kind, name::SPEECH_ENGINE.format([workspace, id])),
            false => error.into(),
        })
    }

    /// Writes what was done, unless it was only to be checked, and has this process use it at once.
    async fn conclude(
        &self,
        tx: Transaction,
        idempotent: &Idempotent,
        stored: &Stored,
        validate_only: bool,
    ) -> Result<pb::SpeechEngine, Error> {
        let answer = self.show(stored);
        if !validate_only {
            idempotent.record(&tx, &answer, self.clock.now()).await?;
            tx.commit().await?;
            self.reload().await;
        }
        Ok(answer)
    }

    /// The other replicas see it when they look next; this one, too, if it can't look now.
    async fn reload(&self) {
        if let Err(error) = self.router.reload(|| engines::all(self.db.conn())).await {
            tracing::warn!(%error, "the change of a speech engine is taken up later");
        }
    }

    fn show(&self, stored: &Stored) -> pb::SpeechEngine {
        let Stored { spec, row } = stored;
        let gate = self.router.look(&row.workspace, &row.id, spec);
        convert::engine_out((&row.workspace, &row.id), spec, Some(row), &Shown::of(&gate))
    }

    fn show_built_in(&self, workspace: &str) -> pb::SpeechEngine {
        let spec = built_in();
        let gate = self.router.look(workspace, BUILT_IN, &spec);
        convert::engine_out((workspace, BUILT_IN), &spec, None, &Shown::of(&gate))
    }
}

#[async_trait]
impl SpeechEngineService for SpeechEngines {
    async fn create_speech_engine(
        &self,
        request: Request<pb::CreateSpeechEngineRequest>,
    ) -> Result<Response<pb::SpeechEngine>, Status> {
        Ok(Response::new(self.create(request).await?))
    }

    async fn get_speech_engine(
        &self,
        request: Request<pb::GetSpeechEngineRequest>,
    ) -> Result<Response<pb::SpeechEngine>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn list_speech_engines(
        &self,
        request: Request<pb::ListSpeechEnginesRequest>,
    ) -> Result<Response<pb::ListSpeechEnginesResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn update_speech_engine(
        &self,
        request: Request<pb::UpdateSpeechEngineRequest>,
    ) -> Result<Response<pb::SpeechEngine>, Status> {
        Ok(Response::new(self.update(request).await?))
    }

    async fn delete_speech_engine(
        &self,
        request: Request<pb::DeleteSpeechEngineRequest>,
    ) -> Result<Response<()>, Status> {
        Ok(Response::new(self.delete(request).await?))
    }
}

fn is_engine_id(id: &str) -> bool {
    (1..=63).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_current(stored: &Stored, etag: &str) -> Result<(), Error> {
    let current = stored.row.version.to_string();
    if etag.is_empty() || etag == current {
        return Ok(());
    }
    let message = "the speech engine changed meanwhile; read it again";
    Err(Error::aborted(Reason::VersionMismatch, message).with_metadata("current_version", current))
}

fn not_found(workspace: &str, id: &str) -> Error {
    Error::not_found(name::SPEECH_ENGINE.kind, name::SPEECH_ENGINE.format([workspace, id]))
}
