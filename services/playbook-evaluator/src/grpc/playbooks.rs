//! `PlaybookService`.

use data_encoding::HEXLOWER;
use std::sync::Arc;

use sea_orm::ConnectionTrait;
use sha2::{Digest as _, Sha256};
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::playbook_service_server::{PlaybookService, PlaybookServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Clock, Error, Reason, Violations, name, page, timestamp};
use throughline_store::{Db, Idempotent, lock};
use tonic::{Request, Response, Status, async_trait};

use super::require;
use crate::convert;
use crate::domain::evaluate::Revision as Compiled;
use crate::domain::lint::{Linted, lint};
use crate::domain::playbook::MAX_DOCUMENT_BYTES;
use crate::store::labels::Agreed;
use crate::store::models;
use crate::store::revisions::{self, Revision};
use crate::teacher::{Taught, Teacher};

/// Largest message: a document and its envelope.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Answers from the database.
#[derive(Clone)]
pub struct Playbooks {
    db: Db,
    clock: Clock,
    teacher: Teacher,
}

impl Playbooks {
    /// The service to add to a server.
    pub fn server(db: Db, clock: Clock, teacher: Teacher) -> PlaybookServiceServer<Self> {
        PlaybookServiceServer::new(Self { db, clock, teacher }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn create(&self, caller: &Principal, request: pb::CreateRevisionRequest) -> Result<pb::Revision, Error> {
        let [workspace] = document_of(&request.parent, &request.document)?;
        caller.authorize_workspace(&workspace)?;
        let mut linted = linted(request.document.clone()).await?;
        let playbook = &accepted(&linted)?.playbook;
        let (id, title) = (playbook.id.to_string(), playbook.title.clone());
        let sha256 = HEXLOWER.encode(&Sha256::digest(request.document.as_bytes()));
        let once = Idempotent::new(&workspace, "CreateRevision", &request.request_id, &request);
        if let Some(answer) = self.answered(&once).await? {
            return Ok(answer);
        }
        // Training takes seconds: before the transaction, and only where something is learned that was not.
        let material = self.teacher.material(&workspace).await?;
        let known = self.latest(&workspace, &id).await?;
        let same = known.is_some_and(|(revision, model)| revision.sha256 == sha256 && model.material == material.1);
        let taught = if same || request.validate_only {
            Taught { model: None, material: material.1 }
        } else {
            self.taught(&workspace, &mut linted, material).await?
        };
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if let Some(answer) = once.replay::<pb::Revision>(&tx, now).await? {
            return Ok(answer);
        }
        lock::name(&tx, "playbook", &format!("{workspace}/{id}")).await?;
        let known = revisions::playbook(&tx, &workspace, &id).await?;
        let released = known.as_ref().and_then(|known| known.released);
        let latest = latest(&tx, &workspace, &id, known.as_ref()).await?;
        let (row, model) = match latest {
            // The same document, and nothing new to learn from, is the same revision: applying twice changes nothing.
            Some((latest, model)) if latest.sha256 == sha256 && model.material == taught.material => (latest, model),
            latest => {
                let number = latest.map_or(1, |(latest, _)| latest.number + 1);
                let document = request.document.clone();
                let row = Revision {
                    workspace,
                    playbook: id,
                    number,
                    title,
                    document,
                    sha256,
                    created_at: now,
                    released_at: None,
                };
                let model = taught.row(&row, now)?;
                if !request.validate_only {
                    revisions::append(&tx, known, row.clone()).await?;
                    models::insert(&tx, model.clone()).await?;
                }
                (row, model)
            }
        };
        let answer = convert::revision(&row, &linted, Some(&model), released == Some(row.number));
        if !request.validate_only {
            once.record(&tx, &answer, now).await?;
            tx.commit().await?;
        }
        Ok(answer)
    }

    /// The answer to the first such request.
    async fn answered(&self, once: &Idempotent) -> Result<Option<pb::Revision>, Error> {
        let tx = self.db.begin().await?;
        once.replay::<pb::Revision>(&tx, self.clock.now()).await.map_err(Error::from)
    }

    async fn latest(&self, workspace: &str, playbook: &str) -> Result<Option<(Revision, models::Row)>, Error> {
        let known = revisions::playbook(self.db.conn(), workspace, playbook).await?;
        latest(self.db.conn(), workspace, playbook, known.as_ref()).await
    }

    /// What the revision learns; the compiled revision goes there and back.
    async fn taught(
        &self,
        workspace: &str,
        linted: &mut Linted,
        material: (Vec<Agreed>, String),
    ) -> Result<Taught, Error> {
        let compiled = Arc::new(linted.revision.take().ok_or_else(|| Error::internal("an accepted document"))?);
        let taught = self.teacher.teach(workspace, Arc::clone(&compiled), material).await;
        linted.revision = Arc::into_inner(compiled);
        taught
    }

    async fn release(&self, caller: &Principal, request: pb::ReleaseRevisionRequest) -> Result<pb::Revision, Error> {
        let (workspace, playbook, number) = revision_of(&request.name)?;
        caller.authorize_workspace(&workspace)?;
        let missing = || Error::not_found(name::REVISION.kind, &request.name);
        // A document never changes: it is read and compiled before the transaction, so that nobody waits for it.
        let stored = revisions::revision(self.db.conn(), &workspace, &playbook, number).await?.ok_or_else(missing)?;
        let linted = linted(stored.document).await?;
        let once = Idempotent::new(&workspace, "ReleaseRevision", &request.request_id, &request);
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if let Some(answer) = once.replay::<pb::Revision>(&tx, now).await? {
            return Ok(answer);
        }
        lock::name(&tx, "playbook", &format!("{workspace}/{playbook}")).await?;
        let known = revisions::playbook(&tx, &workspace, &playbook).await?.ok_or_else(missing)?;
        let row = revisions::revision(&tx, &workspace, &playbook, number).await?.ok_or_else(missing)?;
        let row = if known.released == Some(number) { row } else { revisions::release(&tx, known, row, now).await? };
        let model = models::get(&tx, &row.workspace, &row.playbook, row.number).await?;
        let answer = convert::revision(&row, &linted, model.as_ref(), true);
        once.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn withdraw(&self, caller: &Principal, request: pb::WithdrawPlaybookRequest) -> Result<pb::Playbook, Error> {
        let [workspace, id] = require(name::PLAYBOOK, "name", &request.name)?;
        caller.authorize_workspace(&workspace)?;
        let once = Idempotent::new(&workspace, "WithdrawPlaybook", &request.request_id, &request);
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        if let Some(answer) = once.replay::<pb::Playbook>(&tx, now).await? {
            return Ok(answer);
        }
        lock::name(&tx, "playbook", &format!("{workspace}/{id}")).await?;
        let missing = || Error::not_found(name::PLAYBOOK.kind, &request.name);
        let known = revisions::playbook(&tx, &workspace, &id).await?.ok_or_else(missing)?;
        let row = if known.released.is_none() {
            known
        } else {
            let latest = revisions::revision(&tx, &workspace, &id, known.latest).await?.ok_or_else(missing)?;
            revisions::withdraw(&tx, known, &latest).await?
        };
        let answer = playbook(&row);
        once.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn revision(&self, caller: &Principal, request: pb::GetRevisionRequest) -> Result<pb::Revision, Error> {
        let (workspace, playbook, number) = revision_of(&request.name)?;
        caller.authorize_workspace(&workspace)?;
        let missing = || Error::not_found(name::REVISION.kind, &request.name);
        let row = revisions::revision(self.db.conn(), &workspace, &playbook, number).await?.ok_or_else(missing)?;
        let known = revisions::playbook(self.db.conn(), &workspace, &playbook).await?.ok_or_else(missing)?;
        let linted = linted(row.document.clone()).await?;
        let model = models::get(self.db.conn(), &workspace, &playbook, number).await?;
        Ok(convert::revision(&row, &linted, model.as_ref(), known.released == Some(number)))
    }

    async fn revisions(
        &self,
        caller: &Principal,
        request: pb::ListRevisionsRequest,
    ) -> Result<pb::ListRevisionsResponse, Error> {
        let [workspace, playbook] = require(name::PLAYBOOK, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        let page = page::Request::parse(
            page::USUAL,
            request.page_size,
            &request.page_token,
            &["ListRevisions", &request.parent],
        )?;
        let missing = || Error::not_found(name::PLAYBOOK.kind, &request.parent);
        let known = revisions::playbook(self.db.conn(), &workspace, &playbook).await?.ok_or_else(missing)?;
        let before = page.after.as_ref().and_then(|after| after.parse().ok());
        let limit = page.limit as u64 + 1;
        let mut rows = revisions::revisions(self.db.conn(), &workspace, &playbook, before, limit).await?;
        let next_page_token = page.cut(&mut rows, |row| row.number.to_string());
        let without_document = move |row: Revision| {
            let revision = convert::revision(&row, &lint(&row.document), None, known.released == Some(row.number));
            pb::Revision { document: String::new(), ..revision }
        };
        let render = move || rows.into_iter().map(without_document).collect();
        let revisions = tokio::task::spawn_blocking(render).await.map_err(Error::internal)?;
        Ok(pb::ListRevisionsResponse { revisions, next_page_token })
    }

    async fn playbook(&self, caller: &Principal, request: pb::GetPlaybookRequest) -> Result<pb::Playbook, Error> {
        let [workspace, id] = require(name::PLAYBOOK, "name", &request.name)?;
        caller.authorize_workspace(&workspace)?;
        let found = revisions::playbook(self.db.conn(), &workspace, &id).await?;
        found.map(|row| playbook(&row)).ok_or_else(|| Error::not_found(name::PLAYBOOK.kind, request.name))
    }

    async fn playbooks(
        &self,
        caller: &Principal,
        request: pb::ListPlaybooksRequest,
    ) -> Result<pb::ListPlaybooksResponse, Error> {
        let [workspace] = require(name::WORKSPACE, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        let page = page::Request::parse(
            page::USUAL,
            request.page_size,
            &request.page_token,
            &["ListPlaybooks", &request.parent],
        )?;
        let limit = page.limit as u64 + 1;
        let mut rows = revisions::playbooks(self.db.conn(), &workspace, page.after.as_deref(), limit).await?;
        let next_page_token = page.cut(&mut rows, |row| row.id.clone());
        Ok(pb::ListPlaybooksResponse { playbooks: rows.iter().map(playbook).collect(), next_page_token })
    }
}

fn document_of(parent: &str, document: &str) -> Result<[String; 1], Error> {
    let mut violations = Violations::new();
    let workspace = name::WORKSPACE.require(&mut violations, "parent", parent);
    violations.check(!document.trim().is_empty(), "document", "must not be empty");
    violations.check(document.len() <= MAX_DOCUMENT_BYTES, "document", "must have at most 512 KiB");
    violations.finish()?;
    Ok(workspace.unwrap_or_default())
}

/// Reads and compiles a document; a large one takes a while, so not on the threads that serve.
async fn linted(document: String) -> Result<Linted, Error> {
    tokio::task::spawn_blocking(move || lint(&document)).await.map_err(Error::internal)
}

/// The compiled document, or every error in it. What a refusal has no room for is told by LintPlaybook.
fn accepted(linted: &Linted) -> Result<&Compiled, Error> {
    linted.revision.as_ref().ok_or_else(|| {
        let mut violations = Violations::new();
        for finding in linted.errors().map(convert::finding) {
            let path = if finding.path.is_empty() { "document" } else { &finding.path };
            violations.add(path, format!("{} (line {}, {})", finding.message, finding.line, finding.rule));
        }
        Error::invalid_because(Reason::PlaybookInvalid, violations)
    })
}

/// The latest revision of a playbook with what it learned.
async fn latest(
    conn: &impl ConnectionTrait,
    workspace: &str,
    id: &str,
    known: Option<&revisions::Playbook>,
) -> Result<Option<(Revision, models::Row)>, Error> {
    let Some(known) = known else { return Ok(None) };
    let Some(latest) = revisions::revision(conn, workspace, id, known.latest).await? else { return Ok(None) };
    let model = models::get(conn, workspace, id, latest.number).await?;
    // A revision from before models were kept learned nothing.
    let nothing = || models::Row {
        workspace: workspace.to_owned(),
        playbook: id.to_owned(),
        revision: latest.number,
        material: String::new(),
        body: Vec::new(),
        created_at: latest.created_at,
    };
    let model = model.unwrap_or_else(nothing);
    Ok(Some((latest, model)))
}

fn revision_of(revision: &str) -> Result<(String, String, i32), Error> {
    let [workspace, playbook, number] = require(name::REVISION, "name", revision)?;
    let number = convert::revision_number(&number).ok_or_else(|| Error::not_found(name::REVISION.kind, revision))?;
    Ok((workspace, playbook, number))
}

fn playbook(row: &revisions::Playbook) -> pb::Playbook {
    let revision = |number: i32| name::REVISION.format([&row.workspace, &row.id, &number.to_string()]);
    pb::Playbook {
        name: name::PLAYBOOK.format([&row.workspace, &row.id]),
        title: row.title.clone(),
        latest_revision: revision(row.latest),
        released_revision: row.released.map(revision).unwrap_or_default(),
        create_time: Some(timestamp(row.created_at)),
    }
}

#[async_trait]
impl PlaybookService for Playbooks {
    async fn lint_playbook(
        &self,
        request: Request<pb::LintPlaybookRequest>,
    ) -> Result<Response<pb::LintPlaybookResponse>, Status> {
        let caller = principal(&request)?;
        let request = request.into_inner();
        let [workspace] = require(name::WORKSPACE, "parent", &request.parent)?;
        caller.authorize_workspace(&workspace)?;
        // An empty or too large document is a bad document like any other: findings, no error.
        let findings = convert::findings(&linted(request.document).await?);
        Ok(Response::new(pb::LintPlaybookResponse { findings }))
    }

    async fn create_revision(
        &self,
        request: Request<pb::CreateRevisionRequest>,
    ) -> Result<Response<pb::Revision>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.create(&caller, request.into_inner()).await?))
    }

    async fn release_revision(
        &self,
        request: Request<pb::ReleaseRevisionRequest>,
    ) -> Result<Response<pb::Revision>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.release(&caller, request.into_inner()).await?))
    }

    async fn withdraw_playbook(
        &self,
        request: Request<pb::WithdrawPlaybookRequest>,
    ) -> Result<Response<pb::Playbook>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.withdraw(&caller, request.into_inner()).await?))
    }

    async fn get_revision(&self, request: Request<pb::GetRevisionRequest>) -> Result<Response<pb::Revision>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.revision(&caller, request.into_inner()).await?))
    }

    async fn list_revisions(
        &self,
        request: Request<pb::ListRevisionsRequest>,
    ) -> Result<Response<pb::ListRevisionsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.revisions(&caller, request.into_inner()).await?))
    }

    async fn get_playbook(&self, request: Request<pb::GetPlaybookRequest>) -> Result<Response<pb::Playbook>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.playbook(&caller, request.into_inner()).await?))
    }

    async fn list_playbooks(
        &self,
        request: Request<pb::ListPlaybooksRequest>,
    ) -> Result<Response<pb::ListPlaybooksResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.playbooks(&caller, request.into_inner()).await?))
    }
}
