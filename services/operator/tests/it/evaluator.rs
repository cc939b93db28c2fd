//! A pretended evaluator with the rules that matter to the operator: numbers, one release a playbook, the same latest
//! document is the same revision, a repeated request id gets the first answer.

use data_encoding::HEXLOWER;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::playbook_service_server::{PlaybookService, PlaybookServiceServer};
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::{Peer, PeerConfig};
use throughline_rpc::{Error, Reason};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::{Code, Request, Response, Status, async_trait};

use crate::fuse::Fuse;

/// Cheap to clone.
#[derive(Clone)]
pub struct Evaluator {
    state: Arc<Mutex<State>>,
    fuse: Fuse,
    /// While true, revisions are not created.
    hold: Arc<watch::Sender<bool>>,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self::new(Fuse::default())
    }
}

#[derive(Default)]
struct State {
    playbooks: BTreeMap<String, Stored>,
    answers: BTreeMap<String, pb::Revision>,
    writes: Vec<String>,
    away: bool,
    reads: usize,
    held: usize,
}

/// A playbook as the evaluator has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub revisions: Vec<String>,
    /// From 1.
    pub released: Option<usize>,
}

impl Evaluator {
    pub fn new(fuse: Fuse) -> Self {
        Self { state: Arc::default(), fuse, hold: Arc::new(watch::Sender::new(false)) }
    }

    /// Serves it on a loopback port.
    pub async fn serve(&self) -> (Peer, JoinHandle<()>) {
        let routes = tonic::service::Routes::new(PlaybookServiceServer::new(self.clone()));
        let (url, task) = throughline_testkit::serve_peer(routes).await;
        let peer = Peer::connect("playbook-evaluator", &PeerConfig::plain(url), TokenSource::Anonymous).unwrap();
        (peer, task)
    }

    pub fn stored(&self) -> BTreeMap<String, Stored> {
        self.state.lock().unwrap().playbooks.clone()
    }

    /// What a person does by hand.
    pub fn by_hand(&self, change: impl FnOnce(&mut BTreeMap<String, Stored>)) {
        change(&mut self.state.lock().unwrap().playbooks);
    }

    /// Its database is new.
    pub fn forget(&self) {
        let mut state = self.state.lock().unwrap();
        state.playbooks.clear();
        state.answers.clear();
    }

    /// What the operator wrote since it was last asked.
    pub fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().writes)
    }

    pub fn away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }

    /// How often a playbook was looked at.
    pub fn reads(&self) -> usize {
        self.state.lock().unwrap().reads
    }

    pub fn hold(&self, hold: bool) {
        self.hold.send_replace(hold);
    }

    /// How many revisions had to wait.
    pub fn held(&self) -> usize {
        self.state.lock().unwrap().held
    }

    fn here(&self, parent: &str) -> Result<(), Status> {
        if self.state.lock().unwrap().away {
            return Err(Status::unavailable(format!("attempt at {:?}", std::time::Instant::now())));
        }
        if parent.starts_with("workspaces/demo") {
            return Ok(());
        }
        Err(Error::new(Code::NotFound, Reason::WorkspaceUnknown, "workspace nowhere does not exist").into())
    }
}

fn render(id: &str, stored: &Stored, number: usize) -> pb::Revision {
    let document = stored.revisions[number - 1].clone();
    pb::Revision {
        name: format!("workspaces/demo/playbooks/{id}/revisions/{number}"),
        sha256: HEXLOWER.encode(&Sha256::digest(document.as_bytes())),
        document,
        released: stored.released == Some(number),
        ..pb::Revision::default()
    }
}

/// `bad` in a line is an error, `odd` a warning.
fn findings(document: &str) -> Vec<pb::LintFinding> {
    let found = |word: &str, severity: pb::Severity| {
        let lines = document.lines().enumerate().filter(|(_, line)| line.contains(word));
        let finding = move |(index, line): (usize, &str)| pb::LintFinding {
            severity: severity.into(),
            rule: word.to_owned(),
            path: line.split(':').next().unwrap_or_default().to_owned(),
            message: format!("{line} can't be"),
            line: i32::try_from(index + 1).unwrap(),
        };
        lines.map(finding).collect::<Vec<_>>()
    };
    [found("bad", pb::Severity::Error), found("odd", pb::Severity::Warning)].concat()
}

fn split(name: &str) -> (String, usize) {
    let parts: Vec<&str> = name.split('/').collect();
    (parts[3].to_owned(), parts.get(5).map_or(0, |number| number.parse().unwrap()))
}

#[async_trait]
impl PlaybookService for Evaluator {
    async fn lint_playbook(
        &self,
        request: Request<pb::LintPlaybookRequest>,
    ) -> Result<Response<pb::LintPlaybookResponse>, Status> {
        let request = request.into_inner();
        self.here(&request.parent)?;
        Ok(Response::new(pb::LintPlaybookResponse { findings: findings(&request.document) }))
    }

    async fn create_revision(
        &self,
        request: Request<pb::CreateRevisionRequest>,
    ) -> Result<Response<pb::Revision>, Status> {
        let request = request.into_inner();
        self.here(&request.parent)?;
        let id = request.document.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
        if *self.hold.borrow() && !request.validate_only {
            self.state.lock().unwrap().held += 1;
            self.hold.subscribe().wait_for(|hold| !hold).await.unwrap();
        }
        let answer = {
            let mut state = self.state.lock().unwrap();
            if let Some(answer) = state.answers.get(&request.request_id) {
                return Ok(Response::new(answer.clone()));
            }
            let mut stored = state.playbooks.get(&id).cloned().unwrap_or_default();
            if stored.revisions.last() != Some(&request.document) {
                stored.revisions.push(request.document.clone());
            }
            let answer = render(&id, &stored, stored.revisions.len());
            if request.validate_only {
                return Ok(Response::new(answer));
            }
            state.writes.push(format!("create {id}/{}", stored.revisions.len()));
            state.playbooks.insert(id, stored);
            if !request.request_id.is_empty() {
                state.answers.insert(request.request_id, answer.clone());
            }
            answer
        };
        self.fuse.effect().await;
        Ok(Response::new(answer))
    }

    async fn release_revision(
        &self,
        request: Request<pb::ReleaseRevisionRequest>,
    ) -> Result<Response<pb::Revision>, Status> {
        let name = request.into_inner().name;
        self.here(&name)?;
        let (id, number) = split(&name);
        let answer = {
            let mut state = self.state.lock().unwrap();
            state.writes.push(format!("release {id}/{number}"));
            let stored = state.playbooks.get_mut(&id).ok_or_else(|| Error::not_found("Playbook", &id))?;
            stored.released = Some(number);
            render(&id, stored, number)
        };
        self.fuse.effect().await;
        Ok(Response::new(answer))
    }

    async fn withdraw_playbook(
        &self,
        request: Request<pb::WithdrawPlaybookRequest>,
    ) -> Result<Response<pb::Playbook>, Status> {
        let name = request.into_inner().name;
        self.here(&name)?;
        let (id, _) = split(&name);
        {
            let mut state = self.state.lock().unwrap();
            state.writes.push(format!("withdraw {id}"));
            state.playbooks.get_mut(&id).ok_or_else(|| Error::not_found("Playbook", &id))?.released = None;
        }
        self.fuse.effect().await;
        Ok(Response::new(pb::Playbook { name, ..pb::Playbook::default() }))
    }

    async fn get_revision(&self, request: Request<pb::GetRevisionRequest>) -> Result<Response<pb::Revision>, Status> {
        let name = request.into_inner().name;
        self.here(&name)?;
        let (id, number) = split(&name);
        let state = self.state.lock().unwrap();
        let found = state.playbooks.get(&id).filter(|stored| stored.revisions.len() >= number);
        let found = found.map(|stored| Response::new(render(&id, stored, number)));
        found.ok_or_else(|| Error::not_found("Revision", name).into())
    }

    async fn list_revisions(
        &self,
        _: Request<pb::ListRevisionsRequest>,
    ) -> Result<Response<pb::ListRevisionsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn get_playbook(&self, request: Request<pb::GetPlaybookRequest>) -> Result<Response<pb::Playbook>, Status> {
        let name = request.into_inner().name;
        self.here(&name)?;
        let (id, _) = split(&name);
        let mut state = self.state.lock().unwrap();
        state.reads += 1;
        let stored = state.playbooks.get(&id).ok_or_else(|| Error::not_found("Playbook", &name))?;
        let revision = |number: usize| format!("{name}/revisions/{number}");
        let released_revision = stored.released.map(revision).unwrap_or_default();
        let latest_revision = revision(stored.revisions.len());
        Ok(Response::new(pb::Playbook { released_revision, latest_revision, name, ..pb::Playbook::default() }))
    }

    async fn list_playbooks(
        &self,
        _: Request<pb::ListPlaybooksRequest>,
    ) -> Result<Response<pb::ListPlaybooksResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}
