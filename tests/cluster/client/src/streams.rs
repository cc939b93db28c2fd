//! Live evaluations: a turn is said every second. A stream that the server ends is taken up again with the turns so far, as
//! the API's comments tell; so nothing is lost however often it happens.

use std::sync::Arc;
use std::time::Duration;

use throughline_proto::common::v1::{Participant, Side};
use throughline_proto::playbook::v1::evaluate_stream_request::Message;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::{EvaluateStreamHeader, EvaluateStreamRequest, LiveSegment};
use throughline_rpc::name;
use tokio::sync::{mpsc, watch};
use tokio::time::interval;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::mesh::Peers;
use crate::tally::Tally;

/// What is said, again and again: enough for the sample playbook to find something.
const TURNS: [(&str, &str); 4] = [
    ("rep", "What happens if the reconciliation is not fixed before the audit in March?"),
    ("buyer", "We would lose about forty thousand pounds a month, and the board has asked twice."),
    ("rep", "Who else has to agree before you can sign?"),
    ("buyer", "Our finance director decides, and she wants to see the security review first."),
];
/// Turns of a call, a second each.
const CALL_TURNS: usize = 90;

/// Holds one live call after the other.
pub async fn hold(
    peers: Peers,
    index: usize,
    tally: Arc<Tally>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    for call in 0.. {
        let call = name::CALL.format([peers.workspace.as_str(), &format!("live-{index}-{call}")]);
        let mut said = 0;
        while said < CALL_TURNS {
            tally.opened();
            match stream(&peers, &call, &mut said, &mut stopped).await {
                Ok(()) if *stopped.borrow() => return Ok(()),
                Ok(()) => {}
                // Drained: it says so, and how to go on. Anything else broke off.
                Err(status) => {
                    tally.cut(status.get_error_details().error_info().is_some_and(|info| info.reason == "DRAINING"))
                }
            }
            if *stopped.borrow() {
                return Ok(());
            }
        }
        tally.completed();
    }
    Ok(())
}

/// Opens a stream, sends again what was said, then goes on. `said` tells how far it came.
async fn stream(
    peers: &Peers,
    call: &str,
    said: &mut usize,
    stopped: &mut watch::Receiver<bool>,
) -> Result<(), Status> {
    let (sender, receiver) = mpsc::channel(CALL_TURNS + 1);
    let send = async |message| sender.send(EvaluateStreamRequest { message: Some(message) }).await.is_ok();
    send(Message::Header(Box::new(header(call, *said)))).await;
    for turn in 0..*said {
        send(Message::Segment(segment(turn))).await;
    }
    let mut client = EvaluationServiceClient::new(peers.evaluator.clone());
    let mut answers = client.evaluate_stream(ReceiverStream::new(receiver)).await?.into_inner();
    let mut seconds = interval(Duration::from_secs(1));
    while *said < CALL_TURNS {
        tokio::select! {
            answer = answers.message() => {
                if answer?.is_none() {
                    return Err(Status::unknown("ended before the call did"));
                }
            }
            _ = seconds.tick() => {
                if send(Message::Segment(segment(*said))).await {
                    *said += 1;
                }
            }
            _ = stopped.changed() => return Ok(()),
        }
    }
    drop(sender);
    while answers.message().await?.is_some() {}
    Ok(())
}

fn header(call: &str, said: usize) -> EvaluateStreamHeader {
    let person = |id: &str, side: Side| Participant { id: id.to_owned(), side: side.into(), ..Default::default() };
    EvaluateStreamHeader {
        call: call.to_owned(),
        start_time: Some(prost_types::Timestamp { seconds: 1_775_000_000, nanos: 0 }),
        participants: vec![person("rep", Side::Rep), person("buyer", Side::Buyer)],
        resume_turns: i32::try_from(said).unwrap_or(i32::MAX),
        ..Default::default()
    }
}

fn segment(turn: usize) -> LiveSegment {
    let (participant, text) = TURNS[turn % TURNS.len()];
    let number = i32::try_from(turn).unwrap_or(i32::MAX);
    LiveSegment {
        turn: number,
        participant: participant.to_owned(),
        start_ms: number.saturating_mul(1_000),
        end_ms: number.saturating_mul(1_000).saturating_add(900),
        text: text.to_owned(),
        r#final: true,
        ..Default::default()
    }
}
