//! Transcripts of other tools.

use rstest::rstest;
use throughline_proto::common::v1::Side;
use throughline_proto::transcription::v1::{
    Call, CallState, CreateCallRequest, GetTranscriptRequest, ImportTranscriptRequest, ListTranscriptsRequest,
    TranscriptFormat, TranscriptSource,
};
use throughline_testkit::Backend;
use tonic::Code;

use crate::sound::sample;
use crate::world::{PARENT, World, reason, violations};

#[rstest]
#[tokio::test]
async fn webvtt_becomes_turns_of_the_participants_and_the_evaluator_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let imported = world.import(&call, &sample("discovery.vtt")).await.unwrap();
    assert_eq!((imported.source(), imported.engine.as_str()), (TranscriptSource::Import, "webvtt"));
    assert_eq!(imported.turn_count as usize, imported.turns.len());
    let first = &imported.turns[0];
    assert_eq!((first.participant.as_str(), first.side(), first.start_ms, first.end_ms), ("s1", Side::Rep, 900, 5_287));
    assert!(first.text.starts_with("Good morning Tom"));
    assert_eq!(imported.turns[1].side(), Side::Buyer);
    assert_eq!(world.transcript(&imported.name).await, imported);
    let after = world.get(&call).await;
    assert_eq!((after.state(), after.transcript.as_str()), (CallState::Transcribed, imported.name.as_str()));
    let told = world.told(1).await;
    assert_eq!((&told[0].call, &told[0].transcript), (&call, &imported.name));
}

#[rstest]
#[tokio::test]
async fn call_json_completes_what_is_not_known_of_the_call(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let bare = Call { title: "Kept".to_owned(), ..Call::default() };
    let create = CreateCallRequest { parent: PARENT.to_owned(), call: Some(bare), ..Default::default() };
    let call = world.manager().create_call(create).await.unwrap().into_inner().name;
    let imported = world.import(&call, &sample("validation.json")).await.unwrap();
    assert!(imported.turns.iter().all(|turn| turn.speaker_confidence == 1.0 && turn.side() != Side::Unspecified));
    let after = world.get(&call).await;
    assert_eq!(after.title, "Kept");
    assert_eq!(after.deal.unwrap().id, "D-104");
    assert!(after.participants.len() >= 3);
    // Reps that came with the file see the call.
    let rep = world.rep(crate::world::REP);
    assert!({ rep }.get_transcript(GetTranscriptRequest { name: imported.name }).await.is_ok());
}

#[rstest]
#[tokio::test]
async fn a_second_transcript_is_the_next_revision(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    for n in 1..=3 {
        let text = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Priya Raman>Take {n}.</v>");
        let imported = world.import(&call, text.as_bytes()).await.unwrap();
        assert_eq!(imported.name, format!("{call}/transcripts/{n}"));
    }
    assert_eq!(world.get(&call).await.transcript, format!("{call}/transcripts/3"));
    assert_eq!(world.transcript(&format!("{call}/transcripts/1")).await.turns[0].text, "Take 1.");
    let list = ListTranscriptsRequest { parent: call.clone(), page_size: 2, ..Default::default() };
    let page = world.manager().list_transcripts(list.clone()).await.unwrap().into_inner();
    let names: Vec<&str> =
        page.transcripts.iter().map(|transcript| transcript.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["3", "2"]);
    assert!(page.transcripts.iter().all(|transcript| transcript.turns.is_empty() && transcript.turn_count == 1));
    let rest = ListTranscriptsRequest { page_token: page.next_page_token, ..list };
    assert_eq!(world.manager().list_transcripts(rest).await.unwrap().into_inner().transcripts.len(), 1);
    let told: Vec<String> = world.told(3).await.into_iter().map(|event| event.transcript).collect();
    assert_eq!(told, [1, 2, 3].map(|n| format!("{call}/transcripts/{n}")));
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_id_imports_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let request = ImportTranscriptRequest {
        call: call.clone(),
        content: sample("discovery.vtt"),
        format: TranscriptFormat::Webvtt.into(),
        request_id: "r-1".to_owned(),
    };
    let first = world.manager().import_transcript(request.clone()).await.unwrap().into_inner();
    let again = world.manager().import_transcript(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(world.get(&call).await.transcript, format!("{call}/transcripts/1"));
    let other = ImportTranscriptRequest { content: b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi".to_vec(), ..request };
    let status = world.manager().import_transcript(other).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_transcript_that_cannot_be_read_is_refused_with_every_place_and_changes_nothing() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let backward = b"WEBVTT\n\n00:05.000 --> 00:04.000\na\n\n00:02.000 --> 00:03.000\nb";
    let status = world.import(&call, backward).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "TRANSCRIPT_INVALID"));
    let places: Vec<String> = violations(&status).iter().map(|v| v.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(places, ["line 3", "line 6"]);
    let stranger = br#"{"participants": [{"id": "s1"}], "turns":
        [{"speaker": "s9", "start_ms": 0, "end_ms": 1, "text": "a"}, {"speaker": "s8", "start_ms": 1, "end_ms": 2, "text": "b"}]}"#;
    let status = world.import(&call, stranger).await.unwrap_err();
    assert_eq!(
        violations(&status),
        [
            "turns[0].speaker: `s9` is not the id of a participant",
            "turns[1].speaker: `s8` is not the id of a participant"
        ]
    );
    let status = world.import(&call, b"no transcript at all").await.unwrap_err();
    assert!(violations(&status)[0].starts_with("format: "));
    assert!(violations(&world.import(&call, b"").await.unwrap_err())[0].starts_with("content: "));
    let after = world.get(&call).await;
    assert_eq!((after.state(), after.transcript.as_str()), (CallState::Created, ""));
}

#[tokio::test]
async fn a_revision_that_is_not_there_is_not_found() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    for number in ["1", "x", "99999999999"] {
        let name = format!("{call}/transcripts/{number}");
        let status = world.manager().get_transcript(GetTranscriptRequest { name }).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
    }
}

#[rstest]
#[tokio::test]
async fn who_hosted_is_the_reps_side_and_a_crm_that_is_away_holds_nothing_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::with(backend, vec![("peers.crm_sync.url", "http://127.0.0.1:1".to_owned())]).await;
    let create = CreateCallRequest { parent: PARENT.to_owned(), call: Some(Call::default()), ..Default::default() };
    let call = world.manager().create_call(create).await.unwrap().into_inner().name;
    let zoom = r#"{"host_id": "h", "timeline": [
        {"ts": "00:00:01.000", "users": [{"username": "Ann Lee", "zoom_userid": "h"}]},
        {"ts": "00:00:05.000", "users": [{"username": "Ben Roy", "zoom_userid": "b"}]}],
        "transcript": "WEBVTT\n\n00:01.000 --> 00:04.000\nHello.\n\n00:05.000 --> 00:07.000\nHi."}"#;
    let content = zoom.as_bytes().to_vec();
    let request = ImportTranscriptRequest { call: call.clone(), content, ..Default::default() };
    let turns = world.manager().import_transcript(request).await.unwrap().into_inner().turns;
    let sides: Vec<Side> = turns.iter().map(|turn| turn.side()).collect();
    assert_eq!(sides, [Side::Rep, Side::Unspecified]);
    let people = world.get(&call).await.participants;
    assert_eq!((people[0].name.as_str(), people[0].side()), ("Ann Lee", Side::Rep));
}
