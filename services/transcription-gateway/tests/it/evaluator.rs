//! What the pretended evaluator has on its shelf.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use throughline_proto::common::v1::Evidence;
use throughline_proto::events::v1::event_sink_service_client::EventSinkServiceClient;
use throughline_proto::events::v1::{DeliverEventRequest, EvaluationCompleted, Event, event::Body};
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::behavior_result::Outcome;
use throughline_proto::playbook::v1::evaluation_service_server::{EvaluationService, EvaluationServiceServer};
use throughline_rpc::Error;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::world::World;

/// Evaluations, by name.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<HashMap<String, pb::Evaluation>>>);

impl Shelf {
    pub fn server(&self) -> EvaluationServiceServer<Self> {
        EvaluationServiceServer::new(self.clone())
    }
}

/// An evaluation of a transcript by playbook `p`, with the outcome of each behavior and its turns.
pub fn evaluation(id: &str, transcript: &str, seconds: i64, behaviors: &[(&str, Outcome, &[i32])]) -> pb::Evaluation {
    let call = transcript.rsplit_once("/transcripts/").unwrap().0.to_owned();
    let evidence = |turn: &i32| Evidence { call: call.clone(), turn: *turn, end_turn: *turn, ..Default::default() };
    let behavior = |(id, outcome, turns): &(&str, Outcome, &[i32])| pb::BehaviorResult {
        id: (*id).to_owned(),
        outcome: (*outcome).into(),
        evidence: turns.iter().map(evidence).collect(),
        ..Default::default()
    };
    pb::Evaluation {
        name: format!("workspaces/demo/evaluations/{id}"),
        transcript: transcript.to_owned(),
        revision: "workspaces/demo/playbooks/p/revisions/1".to_owned(),
        create_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        behaviors: behaviors.iter().map(behavior).collect(),
        call,
        ..Default::default()
    }
}

impl World {
    /// The evaluator has it and says so, in an event with this id.
    pub async fn evaluated(&self, event: &str, evaluation: pb::Evaluation) {
        let (name, call) = (evaluation.name.clone(), evaluation.call.clone());
        self.shelf.0.lock().unwrap().insert(name.clone(), evaluation);
        self.deliver(event, &name, &call).await.unwrap();
    }

    pub async fn deliver(&self, event: &str, evaluation: &str, call: &str) -> Result<(), Status> {
        let completed = EvaluationCompleted { evaluation: evaluation.to_owned(), call: call.to_owned() };
        let event = Event {
            id: event.to_owned(),
            workspace: "demo".to_owned(),
            ordering_key: call.to_owned(),
            body: Some(Body::EvaluationCompleted(completed)),
            ..Default::default()
        };
        let token = self.harness.service_token("playbook-evaluator");
        let mut sink = EventSinkServiceClient::new(self.served.peer(token));
        sink.deliver_event(DeliverEventRequest { event: Some(event) }).await.map(drop)
    }
}

fn not_here<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not here"))
}

#[async_trait]
impl EvaluationService for Shelf {
    type EvaluateStreamStream = futures::stream::Empty<Result<pb::EvaluateStreamResponse, Status>>;

    async fn evaluate_transcript(
        &self,
        _: Request<pb::EvaluateTranscriptRequest>,
    ) -> Result<Response<pb::Evaluation>, Status> {
        not_here()
    }

    async fn get_evaluation(
        &self,
        request: Request<pb::GetEvaluationRequest>,
    ) -> Result<Response<pb::Evaluation>, Status> {
        let name = request.into_inner().name;
        let found = self.0.lock().unwrap().get(&name).cloned();
        found.map(Response::new).ok_or_else(|| Error::not_found("Evaluation", name).into())
    }

    async fn list_evaluations(
        &self,
        _: Request<pb::ListEvaluationsRequest>,
    ) -> Result<Response<pb::ListEvaluationsResponse>, Status> {
        not_here()
    }

    async fn evaluate_stream(
        &self,
        _: Request<Streaming<pb::EvaluateStreamRequest>>,
    ) -> Result<Response<Self::EvaluateStreamStream>, Status> {
        not_here()
    }

    async fn label_evaluation(&self, _: Request<pb::LabelEvaluationRequest>) -> Result<Response<pb::Label>, Status> {
        not_here()
    }

    async fn list_labels(&self, _: Request<pb::ListLabelsRequest>) -> Result<Response<pb::ListLabelsResponse>, Status> {
        not_here()
    }

    async fn delete_label(&self, _: Request<pb::DeleteLabelRequest>) -> Result<Response<pb::Label>, Status> {
        not_here()
    }

    async fn explain_evaluation(
        &self,
        _: Request<pb::ExplainEvaluationRequest>,
    ) -> Result<Response<pb::Explanation>, Status> {
        not_here()
    }
}
