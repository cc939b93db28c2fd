//! TranscriptService: CorrectSpeakers.

use async_trait::async_trait;
use throughline_events::Outbox;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::speaker_assignment::Turns as WhichTurns;
use throughline_proto::transcription::v1::transcript_service_server::{TranscriptService, TranscriptServiceServer};
use throughline_rpc::auth::{Principal, principal};
use throughline_rpc::{Clock, Error, Reason, Violations, name};
use throughline_store::{Db, Idempotent};
use tonic::{Request, Response, Status};

use super::{convert, errors, import};
use crate::domain::speakers::{Assignment, MAX_ASSIGNMENTS, Turns, assign};
use crate::domain::transcript::Source;
use crate::finalize::finalize;
use crate::store::{calls, transcripts};
use crate::words::Prepared;

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct Corrections {
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
}

impl Corrections {
    /// The service to add to a server.
    pub fn server(self) -> TranscriptServiceServer<Self> {
        TranscriptServiceServer::new(self)
    }

    async fn correct(&self, request: Request<pb::CorrectSpeakersRequest>) -> Result<pb::Transcript, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let Correction { workspace, call, number, assignments } = Correction::parse(&request)?;
        principal.authorize_workspace(&workspace)?;
        let now = self.clock.now();
        let idempotent = Idempotent::new(&workspace, "CorrectSpeakers", &request.request_id, &request);
        self.authorize_call(&principal, &workspace, &call).await?;
        let tx = self.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let found = calls::find_for_update(&tx, &workspace, &call).await?;
        let call = found.ok_or_else(|| not_found(&workspace, &call))?;
        import::accepts(&call)?;
        let found = match i32::try_from(number) {
            Ok(number) => transcripts::find(&tx, &workspace, &call.id, number).await?,
            Err(_) => None,
        };
        let (seen, mut draft) =
            found.ok_or_else(|| Error::not_found(name::TRANSCRIPT.kind, request.transcript.clone()))?;
        if seen.number != call.row.transcript {
            let message = "the transcript has a later revision; read that one and correct it";
            let latest = call.row.transcript.to_string();
            return Err(Error::aborted(Reason::VersionMismatch, message).with_metadata("current_version", latest));
        }
        assign(&mut draft.turns, &call.details.participants, &assignments)
            .map_err(|found| Error::invalid(errors::violations("", found)))?;
        draft.source = Source::Correction;
        let prepared = Prepared::corrected(draft, principal.subject());
        let row = finalize(&tx, &self.outbox, &call, &prepared, calls::change(&call), now).await?;
        let answer = convert::transcript_with_turns(&row, prepared.draft());
        if request.validate_only {
            return Ok(answer);
        }
        idempotent.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }

    /// Passes when the caller may correct the call: a rep its own only.
    async fn authorize_call(&self, principal: &Principal, workspace: &str, call: &str) -> Result<(), Error> {
        calls::find(self.db.conn(), workspace, call).await?.ok_or_else(|| not_found(workspace, call))?;
        if let Some(rep) = principal.only_as_rep()
            && !calls::is_of_rep(self.db.conn(), workspace, call, rep).await?
        {
            // Nobody's id: what is refused is another's call.
            principal.authorize_rep("")?;
        }
        Ok(())
    }
}

fn not_found(workspace: &str, call: &str) -> Error {
    Error::not_found(name::CALL.kind, name::CALL.format([workspace, call]))
}

#[async_trait]
impl TranscriptService for Corrections {
    async fn correct_speakers(
        &self,
        request: Request<pb::CorrectSpeakersRequest>,
    ) -> Result<Response<pb::Transcript>, Status> {
        Ok(Response::new(self.correct(request).await?))
    }
}

/// A request to correct speakers.
struct Correction {
    workspace: String,
    call: String,
    number: i64,
    assignments: Vec<Assignment>,
}

impl Correction {
    fn parse(request: &pb::CorrectSpeakersRequest) -> Result<Self, Error> {
        let mut violations = Violations::new();
        let parsed = name::TRANSCRIPT.require(&mut violations, "transcript", &request.transcript);
        let count = request.assignments.len();
        violations.check((1..=MAX_ASSIGNMENTS).contains(&count), "assignments", "must be 1 to 1,000");
        let few = request.assignments.iter().take(MAX_ASSIGNMENTS).enumerate();
        let assignments = few.filter_map(|(index, given)| assignment(index, given, &mut violations)).collect();
        violations.finish()?;
        let [workspace, call, number] = parsed.unwrap_or_default();
        // What is no number is no transcript.
        Ok(Self { workspace, call, number: number.parse().unwrap_or(i64::MAX), assignments })
    }
}

fn assignment(index: usize, given: &pb::SpeakerAssignment, violations: &mut Violations) -> Option<Assignment> {
    let place = |field: &str| format!("assignments[{index}].{field}");
    let turns = match &given.turns {
        Some(WhichTurns::Voice(voice)) => Turns::Voice(voice.clone()),
        Some(WhichTurns::Range(pb::TurnRange { first, last })) => {
            match (usize::try_from(*first), usize::try_from(*last)) {
                (Ok(first), Ok(last)) => Turns::Range(first..=last),
                _ => {
                    violations.add(place("range"), "must be of turns, which count from 0");
                    return None;
                }
            }
        }
        None => {
            violations.add(place("turns"), "is required: a voice or a range");
            return None;
        }
    };
    let participant = Some(given.participant.clone()).filter(|id| !id.is_empty());
    Some(Assignment { turns, participant })
}
