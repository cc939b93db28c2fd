//! The generated clients of all five services, traced for what is asked once and untraced for what is asked again and again.

use throughline_proto::coaching::v1::coaching_service_client::CoachingServiceClient;
use throughline_proto::crm::v1::proposal_service_client::ProposalServiceClient;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_proto::events::v1::delivery_service_client::DeliveryServiceClient;
use throughline_proto::forecast::v1::forecast_service_client::ForecastServiceClient;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::playbook_service_client::PlaybookServiceClient;
use throughline_proto::transcription::v1::search_service_client::SearchServiceClient;
use throughline_proto::transcription::v1::transcription_service_client::TranscriptionServiceClient;
use throughline_rpc::auth::TokenSource;
use throughline_rpc::client::Peer;
use throughline_rpc::name;

use crate::mesh::{Mesh, WORKSPACE};

/// Largest answer taken: a long call's evaluation with all its quotes.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// See the module.
#[derive(Clone)]
pub(crate) struct Clients {
    workspace: String,
    pub(crate) transcription: TranscriptionServiceClient<Peer>,
    pub(crate) search: SearchServiceClient<Peer>,
    pub(crate) playbooks: PlaybookServiceClient<Peer>,
    pub(crate) evaluations: EvaluationServiceClient<Peer>,
    pub(crate) coaching: CoachingServiceClient<Peer>,
    pub(crate) records: RecordServiceClient<Peer>,
    pub(crate) proposals: ProposalServiceClient<Peer>,
    pub(crate) forecast: ForecastServiceClient<Peer>,
    /// The deliveries of the three services that publish: gateway, evaluator, crm-sync.
    pub(crate) deliveries: [DeliveryServiceClient<Peer>; 3],
}

impl Clients {
    /// Clients that act for an administrator of the workspace.
    pub(crate) fn connect(mesh: &Mesh, traced: bool) -> anyhow::Result<Self> {
        let token = mesh.issuer.token("analyze@localhost", WORKSPACE, &["admin"], chrono::Duration::hours(12))?;
        let token = TokenSource::Fixed(token.into());
        let peer = |index: usize| {
            let peer = mesh.peer(index, token.clone())?;
            anyhow::Ok(if traced { peer } else { peer.untraced() })
        };
        Ok(Self::over(WORKSPACE, [peer(0)?, peer(1)?, peer(2)?, peer(3)?, peer(4)?]))
    }

    /// Clients over connections, in the order of [`crate::mesh::SERVICES`].
    pub(crate) fn over(workspace: impl Into<String>, peers: [Peer; 5]) -> Self {
        let [gateway, evaluator, coaching, crm, forecast] = peers;
        Self {
            workspace: workspace.into(),
            deliveries: [gateway.clone(), evaluator.clone(), crm.clone()].map(DeliveryServiceClient::new),
            search: SearchServiceClient::new(gateway.clone()).max_decoding_message_size(MAX_ANSWER_BYTES),
            transcription: TranscriptionServiceClient::new(gateway).max_decoding_message_size(MAX_ANSWER_BYTES),
            playbooks: PlaybookServiceClient::new(evaluator.clone()),
            evaluations: EvaluationServiceClient::new(evaluator).max_decoding_message_size(MAX_ANSWER_BYTES),
            coaching: CoachingServiceClient::new(coaching).max_decoding_message_size(MAX_ANSWER_BYTES),
            records: RecordServiceClient::new(crm.clone()),
            proposals: ProposalServiceClient::new(crm).max_decoding_message_size(MAX_ANSWER_BYTES),
            forecast: ForecastServiceClient::new(forecast).max_decoding_message_size(MAX_ANSWER_BYTES),
        }
    }

    /// Id of the workspace.
    pub(crate) fn workspace(&self) -> &str {
        &self.workspace
    }

    /// `workspaces/{w}`.
    pub(crate) fn parent(&self) -> String {
        name::WORKSPACE.format([&self.workspace])
    }
}
