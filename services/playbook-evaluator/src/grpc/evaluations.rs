//! `EvaluationService`.

use std::sync::Arc;

use futures::stream::BoxStream;
use prost::Message as _;
use throughline_proto::playbook::v1::evaluation_service_server::{EvaluationService, EvaluationServiceServer};
use throughline_proto::playbook::v1::{
    DeleteLabelRequest, EvaluateStreamRequest, EvaluateStreamResponse, EvaluateTranscriptRequest, Evaluation,
    ExplainEvaluationRequest, Explanation, GetEvaluationRequest, Label, LabelEvaluationRequest, ListEvaluationsRequest,
    ListEvaluationsResponse, ListLabelsRequest, ListLabelsResponse,
};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Clock, Error, Ids, Violations, name, page};
use throughline_store::Db;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{explain, labels, live, require};
use crate::assess::Assessor;
use crate::live::Live;
use crate::store::evaluations::{self, Filter, Row};

/// Bounds of a page: evaluations with all their quotes are large.
const LIMITS: page::Limits = page::Limits { default: 20, max: 100 };

/// Most bytes of evaluations on a page: clients take messages of 4 MiB unless told otherwise.
const MAX_PAGE_BYTES: usize = 3 << 20;

/// Largest message: a segment of a live call and its envelope.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Answers from the database; has transcripts and live calls evaluated.
#[derive(Clone)]
pub struct Evaluations {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) assessor: Arc<Assessor>,
    pub(super) live: Live,
}

impl Evaluations {
    /// The service to add to a server.
    pub fn server(
        db: Db,
        clock: Clock,
        ids: Ids,
        assessor: Arc<Assessor>,
        live: Live,
    ) -> EvaluationServiceServer<Self> {
        let service = Self { db, clock, ids, assessor, live };
        EvaluationServiceServer::new(service).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn evaluate(&self, caller: &Principal, request: EvaluateTranscriptRequest) -> Result<Evaluation, Error> {
        let mut violations = Violations::new();
        let parent = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
        let transcript = name::TRANSCRIPT.require(&mut violations, "transcript", &request.transcript);
        let revision = name::REVISION.require(&mut violations, "revision", &request.revision);
        if let (Some([workspace]), Some(transcript), Some(revision)) = (&parent, &transcript, &revision) {
            violations.check(transcript[0] == *workspace, "transcript", "must be of the workspace `parent`");
            violations.check(revision[0] == *workspace, "revision", "must be of the workspace `parent`");
        }
        violations.finish()?;
        let [workspace] = parent.unwrap_or_default();
        caller.authorize_workspace(&workspace)?;
        decode(&self.assessor.on_request(&workspace, &request).await?)
    }

    async fn get(&self, caller: &Principal, request: GetEvaluationRequest) -> Result<Evaluation, Error> {
        let [workspace, id] = require(name::EVALUATION, "name", &request.name)?;
        decode(&visible(self, caller, &workspace, &id).await?)
    }

    async fn list(
        &self,
        caller: &Principal,
        request: ListEvaluationsRequest,
    ) -> Result<ListEvaluationsResponse, Error> {
        let mut violations = Violations::new();
        let parent = name::WORKSPACE.require(&mut violations, "parent", &request.parent);
        let mut filter = Filter { rep: caller.only_as_rep().map(str::to_owned), ..Filter::default() };
        let elsewhere = |of: &str| parent.as_ref().is_some_and(|[workspace]| workspace != of);
        if !request.call.is_empty()
            && let Some([of, call]) = name::CALL.require(&mut violations, "call", &request.call)
        {
            violations.check(!elsewhere(&of), "call", "must be of the workspace `parent`");
            filter.call = Some(call);
        }
        if !request.transcript.is_empty()
            && let Some([of, call, number]) =
                name::TRANSCRIPT.require(&mut violations, "transcript", &request.transcript)
        {
            violations.check(!elsewhere(&of), "transcript", "must be of the workspace `parent`");
            let same = filter.call.as_ref().is_none_or(|of| *of == call);
            violations.check(same, "transcript", "must be of `call`");
            (filter.call, filter.transcript) = (Some(call), Some(number));
        }
        violations.finish()?;
        let [workspace] = parent.unwrap_or_default();
        caller.authorize_workspace(&workspace)?;
        let bound = ["ListEvaluations", &request.parent, &request.call, &request.transcript];
        let page = page::Request::parse(LIMITS, request.page_size, &request.page_token, &bound)?;
        let limit = page.limit as u64 + 1;
        let mut rows = evaluations::list(self.db.conn(), &workspace, &filter, page.after.as_deref(), limit).await?;
        let mut next_page_token = page.cut(&mut rows, |row| row.id.clone());
        let fitting = fitting(&rows);
        if fitting < rows.len() {
            rows.truncate(fitting);
            next_page_token = rows.last().map(|last| page.next_token(&last.id)).unwrap_or_default();
        }
        let evaluations = rows.iter().map(decode).collect::<Result<_, _>>()?;
        Ok(ListEvaluationsResponse { evaluations, next_page_token })
    }
}

/// How many of the rows go on one page: at least one.
fn fitting(rows: &[Row]) -> usize {
    let mut bytes = 0;
    let within = rows.iter().take_while(|row| {
        bytes += row.body.len();
        bytes <= MAX_PAGE_BYTES
    });
    within.count().max(1)
}

/// An evaluation that the caller may see.
pub(super) async fn visible(
    service: &Evaluations,
    caller: &Principal,
    workspace: &str,
    id: &str,
) -> Result<Row, Error> {
    caller.authorize_workspace(workspace)?;
    let found = evaluations::get(service.db.conn(), workspace, id).await?;
    let missing = || name::EVALUATION.format([workspace, id]);
    let row = found.ok_or_else(|| Error::not_found(name::EVALUATION.kind, missing()))?;
    caller.authorize_rep(&row.rep)?;
    Ok(row)
}

pub(super) fn decode(row: &Row) -> Result<Evaluation, Error> {
    Evaluation::decode(row.body.as_slice()).map_err(|error| Error::internal(format!("evaluation {}: {error}", row.id)))
}

#[async_trait]
impl EvaluationService for Evaluations {
    type EvaluateStreamStream = BoxStream<'static, Result<EvaluateStreamResponse, Status>>;

    async fn evaluate_transcript(
        &self,
        request: Request<EvaluateTranscriptRequest>,
    ) -> Result<Response<Evaluation>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.evaluate(&caller, request.into_inner()).await?))
    }

    async fn get_evaluation(&self, request: Request<GetEvaluationRequest>) -> Result<Response<Evaluation>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.get(&caller, request.into_inner()).await?))
    }

    async fn list_evaluations(
        &self,
        request: Request<ListEvaluationsRequest>,
    ) -> Result<Response<ListEvaluationsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(self.list(&caller, request.into_inner()).await?))
    }

    async fn evaluate_stream(
        &self,
        request: Request<Streaming<EvaluateStreamRequest>>,
    ) -> Result<Response<Self::EvaluateStreamStream>, Status> {
        Ok(Response::new(live::open(self, request).await?))
    }

    async fn label_evaluation(&self, request: Request<LabelEvaluationRequest>) -> Result<Response<Label>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(labels::label(self, &caller, request.into_inner()).await?))
    }

    async fn list_labels(&self, request: Request<ListLabelsRequest>) -> Result<Response<ListLabelsResponse>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(labels::list(self, &caller, request.into_inner()).await?))
    }

    async fn delete_label(&self, request: Request<DeleteLabelRequest>) -> Result<Response<Label>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(labels::delete(self, &caller, request.into_inner()).await?))
    }

    async fn explain_evaluation(
        &self,
        request: Request<ExplainEvaluationRequest>,
    ) -> Result<Response<Explanation>, Status> {
        let caller = principal(&request)?;
        Ok(Response::new(explain::explain(self, &caller, request.into_inner()).await?))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn row(bytes: usize) -> Row {
        Row {
            workspace: "demo".to_owned(),
            id: "1".to_owned(),
            call: "c1".to_owned(),
            transcript: "1".to_owned(),
            playbook: "p".to_owned(),
            revision: 1,
            rep: String::new(),
            body: vec![0; bytes],
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_page_holds_what_fits_and_at_least_one() {
        assert_eq!(fitting(&[row(1 << 20), row(1 << 20), row(1 << 20), row(1)]), 3);
        assert_eq!(fitting(&[row(MAX_PAGE_BYTES + 1), row(1)]), 1);
        assert_eq!(fitting(&[row(10), row(10)]), 2);
    }
}
