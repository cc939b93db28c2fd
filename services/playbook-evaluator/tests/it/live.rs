//! Live calls.

use std::time::{Duration, Instant};

use rstest::rstest;
use throughline_proto::common::v1::Evidence;
use throughline_proto::playbook::v1::evaluate_stream_request::Message as Asked;
use throughline_proto::playbook::v1::evaluate_stream_response::Message as Answered;
use throughline_proto::playbook::v1::evaluation_service_client::EvaluationServiceClient;
use throughline_proto::playbook::v1::{
    EvaluateStreamHeader, EvaluateStreamRequest, EvaluateStreamResponse, Evaluation, LiveBehavior, LiveSegment,
    LiveState,
};
use throughline_rpc::client::Peer;
use throughline_testkit::{Backend, eventually};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::documents;
use crate::talk::{Talk, ungrounded};
use crate::world::{World, evaluate, fields, refusal};

pub struct Stream {
    segments: mpsc::Sender<EvaluateStreamRequest>,
    answers: Streaming<EvaluateStreamResponse>,
}

impl Stream {
    pub async fn open(mut client: EvaluationServiceClient<Peer>, header: EvaluateStreamHeader) -> Result<Self, Status> {
        let (segments, receiver) = mpsc::channel(64);
        segments.send(EvaluateStreamRequest { message: Some(Asked::Header(Box::new(header))) }).await.unwrap();
        let answers = client.evaluate_stream(ReceiverStream::new(receiver)).await?.into_inner();
        Ok(Self { segments, answers })
    }

    pub async fn say(&self, segment: LiveSegment) {
        // A stream that the server has ended takes no more; its last answer says why.
        let _ = self.segments.send(EvaluateStreamRequest { message: Some(Asked::Segment(segment)) }).await;
    }

    /// What is told until so many turns have been considered.
    async fn until(&mut self, turns: i32) -> Result<Vec<Answered>, Status> {
        let mut told = Vec::new();
        loop {
            let answer = self.answers.message().await?.and_then(|answer| answer.message).unwrap();
            match answer {
                Answered::Progress(progress) if progress.turns >= turns => return Ok(told),
                Answered::Progress(_) => {}
                other => told.push(other),
            }
        }
    }

    /// Everything that is told after the last word.
    pub async fn rest(self) -> Result<Vec<Answered>, Status> {
        let Self { segments, mut answers } = self;
        drop(segments);
        let mut told = Vec::new();
        while let Some(answer) = answers.message().await? {
            told.extend(answer.message);
        }
        Ok(told)
    }
}

/// News of behaviors: who is on the call is a fact before a word is said.
fn behaviors(told: Vec<Answered>) -> Vec<LiveBehavior> {
    let news = told.into_iter().filter_map(|answer| match answer {
        Answered::Behavior(behavior) => Some(behavior),
        _ => None,
    });
    news.collect()
}

/// Evaluations at the end of a stream.
pub fn ends(told: &[Answered]) -> Vec<&Evaluation> {
    let whole = told.iter().filter_map(|answer| match answer {
        Answered::Evaluation(evaluation) => Some(evaluation.as_ref()),
        _ => None,
    });
    whole.collect()
}

pub fn header(talk: &Talk, revision: &str) -> EvaluateStreamHeader {
    let call = talk.call.clone();
    EvaluateStreamHeader {
        call: call.name,
        revision: revision.to_owned(),
        call_type: call.call_type,
        start_time: call.start_time,
        time_zone: call.time_zone,
        participants: call.participants,
        account: call.account,
        deal: call.deal,
        ..Default::default()
    }
}

/// The turns of a talk, all final.
pub fn segments(talk: &Talk) -> Vec<LiveSegment> {
    let turns = talk.transcript.turns.iter().map(|turn| LiveSegment {
        turn: turn.index,
        participant: turn.participant.clone(),
        side: turn.side,
        start_ms: turn.start_ms,
        end_ms: turn.end_ms,
        text: turn.text.clone(),
        r#final: true,
        speaker_confidence: Some(turn.speaker_confidence),
        unintelligible: turn.unintelligible,
    });
    turns.collect()
}

/// What an evaluation says, without when and where it was made.
pub fn said(evaluation: &Evaluation) -> Evaluation {
    Evaluation { name: String::new(), transcript: String::new(), create_time: None, ..evaluation.clone() }
}

#[rstest]
#[tokio::test]
async fn what_shows_is_told_turn_by_turn_and_the_end_is_the_whole_evaluation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let revision = world.created(&documents::sample()).await;
    let talk = Talk::negotiation();
    let mut stream = Stream::open(world.manager(), header(&talk, &revision.name)).await.unwrap();
    let (mut signals, mut shown, mut facts) = (Vec::new(), Vec::new(), Vec::new());
    for segment in segments(&talk) {
        let turn = segment.turn;
        stream.say(segment).await;
        if turn % 9 != 8 {
            continue;
        }
        for answer in stream.until(turn + 1).await.unwrap() {
            let evidence: Vec<Evidence> = match answer {
                Answered::Signal(signal) => {
                    signals.push(signal.id);
                    signal.evidence
                }
                Answered::Behavior(behavior) if behavior.state() == LiveState::Shown => {
                    shown.push(behavior.spec.unwrap().id);
                    behavior.evidence
                }
                Answered::Facts(news) => {
                    facts.extend(news.changed);
                    news.facts.unwrap().next_step.map(|step| step.evidence).unwrap_or_default()
                }
                _ => Vec::new(),
            };
            assert!(evidence.iter().all(|evidence| evidence.turn <= turn), "nothing stands on what was not said yet");
        }
    }
    assert!(!signals.is_empty() && shown.len() > 2 && facts.iter().any(|fact| fact == "next_step"), "{facts:?}");
    let told = stream.rest().await.unwrap();
    let [end] = ends(&told)[..] else { panic!("{told:?}") };
    world.shelve(&talk);
    let batch = world.manager().evaluate_transcript(evaluate(&talk, &revision.name)).await.unwrap().into_inner();
    assert_eq!(end, &said(&batch));
    assert_eq!(ungrounded(end, &talk.transcript), None);
}

#[rstest]
#[tokio::test]
async fn nothing_of_a_live_call_is_stored_or_announced(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let (p, q) = (world.released(&documents::small("p")).await, world.released(&documents::for_regulated("q")).await);
    world.released(&documents::for_unregulated("others")).await;
    let talk = Talk::validation();
    let stream = Stream::open(world.rep("priya.raman@brightledger.example"), header(&talk, "")).await.unwrap();
    for segment in segments(&talk) {
        stream.say(segment).await;
    }
    let told = stream.rest().await.unwrap();
    let revisions: Vec<&str> = ends(&told).iter().map(|end| end.revision.as_str()).collect();
    assert_eq!(revisions, [p.name.as_str(), q.name.as_str()], "released, and meant for the account");
    assert_eq!((world.all_evaluations().await.len(), world.announced().await.len()), (0, 0));
}

#[tokio::test]
async fn a_due_time_that_passes_is_told_and_words_that_change_are_not_evaluated() {
    let world = World::start(Backend::Sqlite).await;
    let document = documents::small("p").replace("    detect:", "    due: {seconds: 30}\n    detect:");
    let revision = world.created(&document).await;
    let talk = Talk::negotiation();
    let mut stream = Stream::open(world.manager(), header(&talk, &revision.name)).await.unwrap();
    let said = |turn: i32, text: &str, is_final| LiveSegment {
        turn,
        participant: "s1".to_owned(),
        start_ms: turn * 20_000,
        end_ms: turn * 20_000 + 1_000,
        text: text.to_owned(),
        r#final: is_final,
        ..Default::default()
    };
    stream.say(said(0, "Good morning.", true)).await;
    assert_eq!(behaviors(stream.until(1).await.unwrap()), []);
    stream.say(said(1, "Shall we begin?", false)).await;
    stream.say(said(1, "We shall begin.", true)).await;
    stream.say(said(2, "Here is what we do.", true)).await;
    let told = behaviors(stream.until(3).await.unwrap());
    let [missed] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((missed.state(), missed.due_ms, missed.evidence.len()), (LiveState::DueMissed, Some(30_000), 0));
    stream.say(said(0, "Good morning, how are you?", true)).await;
    let told = behaviors(stream.until(3).await.unwrap());
    let [shown] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((shown.state(), shown.evidence[0].quote.as_str()), (LiveState::Shown, "Good morning, how are you?"));
}

#[rstest]
#[tokio::test]
async fn draining_ends_a_live_call_with_how_to_go_on(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let revision = world.created(&documents::small("p")).await;
    let talk = Talk::negotiation();
    let mut stream = Stream::open(world.manager(), header(&talk, &revision.name)).await.unwrap();
    for segment in segments(&talk).into_iter().take(3) {
        stream.say(segment).await;
    }
    stream.until(3).await.unwrap();
    let segments = stream.segments.clone();
    let ((), end) = tokio::join!(world.stop(), stream.rest());
    drop(segments);
    let status = end.unwrap_err();
    let info = status.get_details_error_info().unwrap();
    assert_eq!((status.code(), info.reason.as_str()), (Code::Unavailable, "DRAINING"));
    assert_eq!(info.metadata["turns"], "3");
    assert!(info.metadata["resume"].contains("all turns so far"));
}

#[tokio::test]
async fn a_resumed_call_is_told_as_it_stands_once_all_turns_are_here_again() {
    let world = World::start(Backend::Sqlite).await;
    let revision = world.created(&documents::sample()).await;
    let talk = Talk::negotiation();
    let all = segments(&talk);
    let count = i32::try_from(all.len()).unwrap();
    let header = EvaluateStreamHeader { resume_turns: count, ..header(&talk, &revision.name) };
    let mut stream = Stream::open(world.manager(), header).await.unwrap();
    for segment in all {
        stream.say(segment).await;
    }
    let told = stream.until(1).await.unwrap();
    let behaviors = told.iter().filter(|answer| matches!(answer, Answered::Behavior(_))).count();
    assert!(behaviors > 2, "the first evaluation is of the whole call: {told:?}");
}

#[tokio::test]
async fn a_call_that_is_sent_at_once_costs_a_few_evaluations() {
    let world = World::start(Backend::Sqlite).await;
    let revision = world.created(&documents::sample()).await;
    let mut talk = Talk::negotiation();
    let turns = talk.transcript.turns.clone();
    let long = (0..2_000).zip(turns.iter().cycle()).map(|(index, turn)| {
        let (start_ms, end_ms) = (index * 5_000, index * 5_000 + 4_000);
        throughline_proto::transcription::v1::Turn { index, start_ms, end_ms, ..turn.clone() }
    });
    talk.transcript.turns = long.collect();
    talk.transcript.duration_ms = 2_000 * 5_000;
    world.shelve(&talk);
    let started = Instant::now();
    world.manager().evaluate_transcript(evaluate(&talk, &revision.name)).await.unwrap();
    let batch = started.elapsed();
    let started = Instant::now();
    let stream = Stream::open(world.manager(), header(&talk, &revision.name)).await.unwrap();
    let Stream { segments: sender, answers } = stream;
    let send = async {
        for segment in segments(&talk) {
            sender.send(EvaluateStreamRequest { message: Some(Asked::Segment(segment)) }).await.unwrap();
        }
        drop(sender);
    };
    let read = async {
        let (mut answers, mut evaluations) = (answers, 0);
        while let Some(answer) = answers.message().await.unwrap() {
            evaluations += usize::from(matches!(answer.message, Some(Answered::Progress(_))));
        }
        evaluations
    };
    let ((), evaluations) = tokio::join!(send, read);
    // Turn by turn it would be 2,000 evaluations and a thousand times as long.
    assert!(evaluations < 200, "{evaluations} evaluations");
    assert!(started.elapsed() < batch * 20 + Duration::from_secs(5), "{:?}, at once {batch:?}", started.elapsed());
}

#[tokio::test]
#[ignore = "a measurement: run it alone, with --nocapture"]
async fn how_long_a_segment_takes() {
    let world = World::start(Backend::Sqlite).await;
    let revision = world.created(&documents::sample()).await;
    let talk = Talk::negotiation();
    let all = segments(&talk);
    let mut stream = Stream::open(world.manager(), header(&talk, &revision.name)).await.unwrap();
    let mut took = Vec::new();
    for (turn, segment) in (0..110).zip(all.iter().cycle()) {
        let (start_ms, end_ms) = (turn * 5_000, turn * 5_000 + 4_000);
        let started = Instant::now();
        stream.say(LiveSegment { turn, start_ms, end_ms, ..segment.clone() }).await;
        stream.until(turn + 1).await.unwrap();
        took.push(started.elapsed());
    }
    let mut last = took.split_off(100);
    last.sort_unstable();
    println!("a segment at 100 to 110 turns: median {:?}, longest {:?}", last[5], last[9]);
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_told_all_at_once() {
    let world = World::start(Backend::Sqlite).await;
    let revision = world.created(&documents::small("p")).await;
    let talk = Talk::negotiation();
    let wrong = EvaluateStreamHeader { call: "c1".to_owned(), planned_duration_ms: -1, ..header(&talk, "p") };
    let status = Stream::open(world.manager(), wrong).await.err().unwrap();
    assert_eq!(fields(&status), ["header.call", "header.revision", "header.planned_duration_ms"]);
    let open = || Stream::open(world.manager(), header(&talk, &revision.name));
    let wrong = LiveSegment { turn: 0, end_ms: -1, participant: "nobody".to_owned(), ..Default::default() };
    let stream = open().await.unwrap();
    stream.say(wrong).await;
    let status = stream.rest().await.unwrap_err();
    assert_eq!(fields(&status), ["segment.end_ms", "segment.participant"]);
    let stream = open().await.unwrap();
    stream.say(LiveSegment { turn: 1, ..Default::default() }).await;
    assert_eq!(fields(&stream.rest().await.unwrap_err()), ["segment.turn"]);
    let stream = open().await.unwrap();
    stream.say(LiveSegment { text: "x".repeat(1 << 20), ..Default::default() }).await;
    assert_eq!(stream.rest().await.unwrap_err().code(), Code::OutOfRange);
    let stream = open().await.unwrap();
    let twice = EvaluateStreamRequest { message: Some(Asked::Header(Box::new(header(&talk, "")))) };
    stream.segments.send(twice).await.unwrap();
    assert_eq!(fields(&stream.rest().await.unwrap_err()), ["segment"]);
}

#[rstest]
#[tokio::test]
async fn a_live_call_needs_a_revision_and_a_role(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let talk = Talk::negotiation();
    let open = |client, revision: &str| Stream::open(client, header(&talk, revision));
    let none = refusal(open(world.manager(), "").await.map(|_| ()));
    assert_eq!(none, (Code::FailedPrecondition, "STATE_CONFLICT".to_owned()));
    let missing = refusal(open(world.manager(), "workspaces/demo/playbooks/p/revisions/1").await.map(|_| ()));
    assert_eq!(missing, (Code::NotFound, "RESOURCE_NOT_FOUND".to_owned()));
    let revops = world.evaluations(world.harness.token("rae@brightledger.example", &["revops"]));
    let denied = refusal(open(revops, "").await.map(|_| ()));
    assert_eq!(denied, (Code::PermissionDenied, "ROLE_REQUIRED".to_owned()));
    let other = world.harness.token_for("eva@x.example", "other", &["enablement"], chrono::Duration::hours(1));
    let denied = refusal(open(world.evaluations(other), "").await.map(|_| ()));
    assert_eq!(denied, (Code::PermissionDenied, "WORKSPACE_DENIED".to_owned()));
}

#[tokio::test]
async fn one_more_live_call_than_fits_is_told_when_to_come_again() {
    let world = World::with(Backend::Sqlite, vec![("live.max_streams", "1".to_owned())]).await;
    world.released(&documents::small("p")).await;
    let talk = Talk::negotiation();
    let open = || Stream::open(world.manager(), header(&talk, ""));
    let first = open().await.unwrap();
    let status = open().await.err().unwrap();
    assert_eq!(refusal::<()>(Err(status.clone())), (Code::ResourceExhausted, "QUEUE_FULL".to_owned()));
    assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    drop(first);
    eventually("the place is free again", || async { open().await.ok() }).await;
}

#[tokio::test]
async fn a_live_call_that_falls_silent_on_the_wire_is_ended() {
    let world = World::with(Backend::Sqlite, vec![("live.idle_timeout", "200ms".to_owned())]).await;
    let revision = world.created(&documents::small("p")).await;
    let mut stream = Stream::open(world.manager(), header(&Talk::negotiation(), &revision.name)).await.unwrap();
    assert_eq!(stream.until(1).await.unwrap_err().code(), Code::DeadlineExceeded);
}
