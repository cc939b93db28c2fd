//! What is done to words before they are stored, and what people correct afterwards.

use rstest::rstest;
use throughline_proto::transcription::v1::speaker_assignment::Turns;
use throughline_proto::transcription::v1::transcript_service_client::TranscriptServiceClient;
use throughline_proto::transcription::v1::transcription_settings_service_client::TranscriptionSettingsServiceClient;
use throughline_proto::transcription::v1::{
    CallState, CorrectSpeakersRequest, Correction, GetTranscriptRequest, RedactionKind, SpeakerAssignment, Transcript,
    TranscriptSource, TranscriptionSettings, TurnRange, UpdateTranscriptionSettingsRequest, VocabularyTerm,
};
use throughline_rpc::client::Peer;
use throughline_testkit::{Backend, eventually};
use tonic::{Code, Response, Status};
use transcription_gateway::audio::Reader;

use crate::playback::play;
use crate::remote::{Does, Server, with_engine};
use crate::sound::{talk_wav, wav};
use crate::world::{PARENT, REP, World, reason, violations};

const TALK: &[u8] = b"WEBVTT

00:01.000 --> 00:04.000
<v Priya Raman>Thanks Tom, so brite ledger is two hundred thousand euros.</v>

00:05.000 --> 00:08.000
<v Tom Ashworth>Take my card, four two four two, four two four two.</v>

00:08.500 --> 00:09.000
<v Priya Raman>Mm-hm.</v>

00:09.000 --> 00:12.000
<v Tom Ashworth>Four two four two, four two four two. Said Pria.</v>
";

async fn set(world: &World, kinds: &[RedactionKind], names: &[&str]) {
    let term = |name: &&str| VocabularyTerm { text: (*name).to_owned(), ..Default::default() };
    let settings = TranscriptionSettings {
        name: format!("{PARENT}/transcriptionSettings"),
        redaction_kinds: kinds.iter().map(|kind| i32::from(*kind)).collect(),
        vocabulary: names.iter().map(term).collect(),
        ..Default::default()
    };
    let paths = vec!["redaction_kinds".to_owned(), "vocabulary".to_owned()];
    let request = UpdateTranscriptionSettingsRequest {
        settings: Some(settings),
        update_mask: Some(prost_types::FieldMask { paths }),
        ..Default::default()
    };
    let token = world.harness.token("ada@brightledger.example", &["admin"]);
    let mut api = TranscriptionSettingsServiceClient::new(world.served.peer(token));
    api.update_transcription_settings(request).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_import_is_stored_with_names_right_numbers_in_digits_and_without_what_is_redacted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    set(&world, &[RedactionKind::Card], &["BrightLedger"]).await;
    let call = world.call("c1").await;
    let imported = world.import(&call, TALK).await.unwrap();
    assert_eq!(world.transcript(&imported.name).await, imported);
    let texts: Vec<&str> = imported.turns.iter().map(|turn| turn.text.as_str()).collect();
    let expected = [
        "Thanks Tom, so BrightLedger is two hundred thousand euros.",
        "Take my card, [CARD].",
        "Mm-hm.",
        "[CARD]. Said Priya.",
    ];
    assert_eq!(texts, expected);
    assert_eq!(imported.turns[0].text_with_digits, "Thanks Tom, so BrightLedger is 200,000 euros.");
    let original = "brite ledger".to_owned();
    assert_eq!(imported.turns[0].corrections, [Correction { start: 15, end: 27, original }]);
    let redaction = imported.turns[1].redactions[0];
    assert_eq!((redaction.start, redaction.end, redaction.kind()), (14, 20, RedactionKind::Card));
    assert_eq!((redaction.start_ms, redaction.end_ms), (0, 0));
}

#[tokio::test]
async fn a_workspace_that_redacts_nothing_keeps_every_word() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let imported = world.import(&call, TALK).await.unwrap();
    assert!(imported.turns[1].text.contains("four two four two"));
    assert!(imported.turns.iter().all(|turn| turn.redactions.is_empty()));
}

#[tokio::test]
async fn what_is_taken_out_of_a_recording_can_not_be_heard_in_it_either() {
    let said = &["Good morning.", "My card is 4242 4242 4242 4242."];
    let server = Server::start(Does::Says(said)).await;
    let world = with_engine(&server.base_url).await;
    set(&world, &[RedactionKind::Card], &[]).await;
    let call = world.call("c1").await;
    let original = talk_wav(30);
    world.upload(&call, &original).await.unwrap();
    let done = world.settled(&call).await;
    let transcript = world.transcript(&done.transcript).await;
    let redactions: Vec<_> = transcript.turns.iter().flat_map(|turn| &turn.redactions).collect();
    assert_eq!(redactions.len(), 1, "{transcript:?}");
    assert!(!format!("{transcript:?}").contains("4242"));
    let quiet = redactions[0].start_ms as usize * 16..redactions[0].end_ms as usize * 16;
    assert!((8_000..=12_000 * 16).contains(&quiet.len()), "{quiet:?}");

    let manager = world.harness.token("mia@brightledger.example", &["manager"]);
    let (header, bytes, _) = play(&world, manager, &call, (0, 0)).await.unwrap();
    let recording = done.recording.unwrap();
    assert_eq!(
        (header.media_type.as_str(), &header.codec, &header.sha256),
        ("audio/flac", &recording.codec, &recording.sha256)
    );
    assert_eq!(recording.size_bytes, bytes.len() as i64);
    let (before, after) = (decoded(&world, "before", &original), decoded(&world, "after", &bytes));
    assert_eq!(before.len(), after.len());
    for (at, (before, after)) in before.iter().zip(&after).enumerate() {
        let expected = if quiet.contains(&at) { [0.0, 0.0] } else { *before };
        assert_eq!(expected, *after, "at {at}");
    }
    // The original is gone for good.
    eventually("one object is left", || async { (world.stored().len() == 1).then_some(()) }).await;
}

#[rstest]
#[tokio::test]
async fn words_from_elsewhere_do_not_open_a_recording_that_was_never_heard(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    set(&world, &[RedactionKind::Card], &[]).await;
    let call = world.call("c1").await;
    world.upload(&call, &wav(2, 16_000, &[0; 64_000])).await.unwrap();
    assert_eq!(world.settled(&call).await.state(), CallState::Failed);
    world.import(&call, TALK).await.unwrap();
    assert_eq!(world.get(&call).await.state(), CallState::Transcribed);
    let status = play(&world, world.admin(), &call, (0, 0)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_CONFLICT"));
    // Where nothing is to be silenced, it is played.
    set(&world, &[], &[]).await;
    play(&world, world.admin(), &call, (0, 0)).await.unwrap();
}

/// Left and right, sample by sample.
fn decoded(world: &World, name: &str, bytes: &[u8]) -> Vec<[f32; 2]> {
    let path = world.harness.folder().join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    let (mut planes, mut all) = (Vec::new(), Vec::new());
    while reader.read(&mut planes).unwrap() {
        all.extend(planes[0].iter().zip(&planes[1]).map(|(left, right)| [*left, *right]));
    }
    all
}

fn api(world: &World, subject: &str, role: &str) -> TranscriptServiceClient<Peer> {
    TranscriptServiceClient::new(world.served.peer(world.harness.token(subject, &[role])))
}

pub fn range(first: i32, last: i32, participant: &str) -> SpeakerAssignment {
    let turns = Some(Turns::Range(TurnRange { first, last }));
    SpeakerAssignment { turns, participant: participant.to_owned() }
}

pub fn request(transcript: &str, assignments: Vec<SpeakerAssignment>) -> CorrectSpeakersRequest {
    CorrectSpeakersRequest { transcript: transcript.to_owned(), assignments, ..Default::default() }
}

pub async fn correct(world: &World, request: CorrectSpeakersRequest) -> Result<Transcript, Status> {
    api(world, "mia@brightledger.example", "manager").correct_speakers(request).await.map(Response::into_inner)
}

#[rstest]
#[tokio::test]
async fn a_corrected_speaker_makes_the_next_revision_and_the_evaluator_is_told_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    set(&world, &[RedactionKind::Card], &[]).await;
    let call = world.call("c1").await;
    let first = world.import(&call, TALK).await.unwrap();
    let trial = CorrectSpeakersRequest { validate_only: true, ..request(&first.name, vec![range(2, 2, "s2")]) };
    assert_eq!(correct(&world, trial).await.unwrap().turns[2].participant, "s2");
    assert_eq!(world.get(&call).await.transcript, first.name);

    let wanted = CorrectSpeakersRequest {
        request_id: "r-1".to_owned(),
        ..request(&first.name, vec![range(2, 2, "s2"), range(3, 3, "")])
    };
    let second = correct(&world, wanted.clone()).await.unwrap();
    assert_eq!(second.name, format!("{call}/transcripts/2"));
    assert_eq!((second.source(), second.author.as_str()), (TranscriptSource::Correction, "mia@brightledger.example"));
    assert_eq!((second.engine.as_str(), first.author.as_str()), ("webvtt", ""));
    let speakers: Vec<(&str, f64)> =
        second.turns.iter().map(|turn| (turn.participant.as_str(), turn.speaker_confidence)).collect();
    assert_eq!(speakers[2..], [("s2", 1.0), ("", 0.0)]);
    for (before, after) in first.turns.iter().zip(&second.turns) {
        assert_eq!(
            (&before.text, before.start_ms, &before.redactions),
            (&after.text, after.start_ms, &after.redactions)
        );
    }
    assert_eq!(world.transcript(&second.name).await, second);
    assert_eq!(world.transcript(&first.name).await, first);
    assert_eq!(correct(&world, wanted).await.unwrap(), second);
    let told: Vec<String> = world.told(2).await.into_iter().map(|event| event.transcript).collect();
    assert_eq!(told, [first.name, second.name]);
}

#[rstest]
#[tokio::test]
async fn of_two_people_who_correct_the_same_revision_the_second_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let first = world.import(&call, TALK).await.unwrap();
    let change = |who: &str| request(&first.name, vec![range(0, 0, who)]);
    let (a, b) = tokio::join!(correct(&world, change("s1")), correct(&world, change("s2")));
    let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
    assert_eq!(won.unwrap().name, format!("{call}/transcripts/2"));
    let lost = lost.unwrap_err();
    assert_eq!((lost.code(), reason(&lost).as_str()), (Code::Aborted, "VERSION_MISMATCH"));
}

#[tokio::test]
async fn what_cannot_be_corrected_is_said_all_at_once() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let first = world.import(&call, TALK).await.unwrap();
    let voice = SpeakerAssignment { turns: Some(Turns::Voice("v1".to_owned())), participant: "s1".to_owned() };
    let wrong = vec![range(0, 9, "s1"), voice, range(1, 1, "s9"), range(3, 2, "s1")];
    let status = correct(&world, request(&first.name, wrong)).await.unwrap_err();
    let fields: Vec<String> = violations(&status).iter().map(|v| v.split(':').next().unwrap().to_owned()).collect();
    let expected =
        ["assignments[0].range.last", "assignments[1].voice", "assignments[2].participant", "assignments[3].range"];
    assert_eq!(fields, expected);
    let empty = vec![SpeakerAssignment::default(), range(-1, 0, "s1")];
    let status = correct(&world, request("calls/x", empty)).await.unwrap_err();
    assert_eq!(violations(&status).len(), 3);
    let missing = request(&format!("{call}/transcripts/7"), vec![range(0, 0, "s1")]);
    assert_eq!(correct(&world, missing).await.unwrap_err().code(), Code::NotFound);
    let read = GetTranscriptRequest { name: format!("{call}/transcripts/2") };
    assert_eq!(world.manager().get_transcript(read).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_rep_corrects_its_own_calls_and_no_others() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let first = world.import(&call, TALK).await.unwrap();
    let change = || request(&first.name, vec![range(0, 0, "s1")]);
    let status = api(&world, "jo.lind@brightledger.example", "rep").correct_speakers(change()).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let status = api(&world, "eva@brightledger.example", "enablement").correct_speakers(change()).await.unwrap_err();
    assert_eq!(reason(&status), "ROLE_REQUIRED");
    assert!(api(&world, REP, "rep").correct_speakers(change()).await.is_ok());
}
