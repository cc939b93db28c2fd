//! CRM sync: whose side somebody is on is asked of it.

use std::time::Duration;

use throughline_proto::crm::v1 as pb;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_rpc::client::Peer;
use throughline_rpc::{Error, name};

use crate::domain::call::{Participant, Side};
use crate::domain::sides::Sides;

/// How long whoever tells of a call waits for sides.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks the CRM.
#[derive(Clone)]
pub struct Crm {
    peer: Peer,
    client: RecordServiceClient<Peer>,
}

impl Crm {
    /// Over a connection to CRM sync.
    pub fn new(peer: Peer) -> Self {
        Self { client: RecordServiceClient::new(peer.clone()), peer }
    }

    /// The sides of those participants who have none, as far as the CRM knows them. A CRM that is away tells nothing: a
    /// call is never held up by it.
    pub async fn sides(&self, workspace: &str, participants: &[Participant]) -> Sides {
        let people: Vec<&Participant> = participants.iter().filter(|who| Sides::in_question(who)).collect();
        if people.is_empty() {
            return Sides::default();
        }
        match self.search(workspace, &people).await {
            Ok(found) => Sides::new(people.into_iter().zip(found.iter().map(side))),
            Err(error) => {
                tracing::warn!(%error, workspace, "the CRM can't be asked for the sides of participants; they stay unknown");
                Sides::default()
            }
        }
    }

    async fn search(&self, workspace: &str, people: &[&Participant]) -> Result<Vec<pb::PersonFound>, Error> {
        let query = |who: &&Participant| pb::PersonQuery { email: who.email.clone(), name: who.name.clone() };
        let parent = name::WORKSPACE.format([workspace]);
        let queries = people.iter().map(query).collect();
        let mut request = tonic::Request::new(pb::SearchPeopleRequest { parent, queries });
        request.set_timeout(PATIENCE);
        let answer = self.client.clone().search_people(request).await.map_err(|status| self.peer.error(&status))?;
        Ok(answer.into_inner().people)
    }
}

fn side(person: &pb::PersonFound) -> Side {
    match person.r#match() {
        pb::PersonMatch::User | pb::PersonMatch::UserDomain | pb::PersonMatch::UserName => Side::Rep,
        pb::PersonMatch::Contact | pb::PersonMatch::AccountDomain | pb::PersonMatch::ContactName => Side::Buyer,
        pb::PersonMatch::Unspecified => Side::Unknown,
    }
}
