//! The services beside the one under test: an evaluator with a shelf of evaluations, a forecast that keeps what it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use throughline_proto::events::v1::event_sink_service_server::EventSinkService;
use throughline_proto::events::v1::{DeliverEventRequest, DeliverEventResponse, Event};
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::evaluation_service_server::EvaluationService;
use throughline_proto::playbook::v1::playbook_service_server::PlaybookService;
use throughline_rpc::Error;
use tonic::{Request, Response, Status, Streaming, async_trait};

/// What the evaluator has.
#[derive(Clone, Default)]
pub struct Shelf {
    pub evaluations: Arc<Mutex<HashMap<String, pb::Evaluation>>>,
    pub revisions: Arc<Mutex<HashMap<String, pb::Revision>>>,
}

fn absent<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not in this test"))
}

#[async_trait]
impl EvaluationService for Shelf {
    type EvaluateStreamStream = futures::stream::Empty<Result<pb::EvaluateStreamResponse, Status>>;

    async fn evaluate_transcript(
        &self,
        _: Request<pb::EvaluateTranscriptRequest>,
    ) -> Result<Response<pb::Evaluation>, Status> {
        absent()
    }

    async fn get_evaluation(
        &self,
        request: Request<pb::GetEvaluationRequest>,
    ) -> Result<Response<pb::Evaluation>, Status> {
        let name = request.into_inner().name;
        let found = self.evaluations.lock().unwrap().get(&name).cloned();
        found.map(Response::new).ok_or_else(|| Error::not_found("Evaluation", name).into())
    }

    async fn list_evaluations(
        &self,
        _: Request<pb::ListEvaluationsRequest>,
    ) -> Result<Response<pb::ListEvaluationsResponse>, Status> {
        absent()
    }

    async fn evaluate_stream(
        &self,
        _: Request<Streaming<pb::EvaluateStreamRequest>>,
    ) -> Result<Response<Self::EvaluateStreamStream>, Status> {
        absent()
    }

    async fn label_evaluation(&self, _: Request<pb::LabelEvaluationRequest>) -> Result<Response<pb::Label>, Status> {
        absent()
    }

    async fn list_labels(&self, _: Request<pb::ListLabelsRequest>) -> Result<Response<pb::ListLabelsResponse>, Status> {
        absent()
    }

    async fn delete_label(&self, _: Request<pb::DeleteLabelRequest>) -> Result<Response<pb::Label>, Status> {
        absent()
    }

    async fn explain_evaluation(
        &self,
        _: Request<pb::ExplainEvaluationRequest>,
    ) -> Result<Response<pb::Explanation>, Status> {
        absent()
    }
}

#[async_trait]
impl PlaybookService for Shelf {
    async fn lint_playbook(
        &self,
        _: Request<pb::LintPlaybookRequest>,
    ) -> Result<Response<pb::LintPlaybookResponse>, Status> {
        absent()
    }

    async fn create_revision(&self, _: Request<pb::CreateRevisionRequest>) -> Result<Response<pb::Revision>, Status> {
        absent()
    }

    async fn release_revision(&self, _: Request<pb::ReleaseRevisionRequest>) -> Result<Response<pb::Revision>, Status> {
        absent()
    }

    async fn withdraw_playbook(
        &self,
        _: Request<pb::WithdrawPlaybookRequest>,
    ) -> Result<Response<pb::Playbook>, Status> {
        absent()
    }

    async fn get_revision(&self, request: Request<pb::GetRevisionRequest>) -> Result<Response<pb::Revision>, Status> {
        let name = request.into_inner().name;
        let found = self.revisions.lock().unwrap().get(&name).cloned();
        found.map(Response::new).ok_or_else(|| Error::not_found("Revision", name).into())
    }

    async fn list_revisions(
        &self,
        _: Request<pb::ListRevisionsRequest>,
    ) -> Result<Response<pb::ListRevisionsResponse>, Status> {
        absent()
    }

    async fn get_playbook(&self, _: Request<pb::GetPlaybookRequest>) -> Result<Response<pb::Playbook>, Status> {
        absent()
    }

    async fn list_playbooks(
        &self,
        _: Request<pb::ListPlaybooksRequest>,
    ) -> Result<Response<pb::ListPlaybooksResponse>, Status> {
        absent()
    }
}

/// What the forecast was told, in order of arrival.
#[derive(Clone, Default)]
pub struct Told(pub Arc<Mutex<Vec<Event>>>);

#[async_trait]
impl EventSinkService for Told {
    async fn deliver_event(
        &self,
        request: Request<DeliverEventRequest>,
    ) -> Result<Response<DeliverEventResponse>, Status> {
        self.0.lock().unwrap().extend(request.into_inner().event);
        Ok(Response::new(DeliverEventResponse {}))
    }
}
