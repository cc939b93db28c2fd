//! Who spoke on one channel: voices told apart, known by enrolment, and forgotten.

use chrono::TimeDelta;
use prost_types::Timestamp;
use rstest::rstest;
use throughline_proto::common::v1::{Participant, Side};
use throughline_proto::transcription::v1::enroll_voice_request::Source;
use throughline_proto::transcription::v1::voice_service_client::VoiceServiceClient;
use throughline_proto::transcription::v1::{
    Call, CallStretch, CreateCallRequest, DeleteVoiceRequest, EnrollVoiceRequest, ListVoicesRequest, PurgeCallRequest,
    Transcript, Voice, VoiceConsent, VoiceSeparation,
};
use throughline_rpc::client::Peer;
use throughline_store::Db;
use throughline_testkit::Backend;
use tonic::{Code, Status};
use transcription_gateway::store::{SCHEMA, voices};

use crate::sound::{talk, wav};
use crate::world::{PARENT, REP, World, people, reason, violations};

const BUYER: &str = "tom.ashworth@northmoor.example";

/// Both people of the sample call on one channel.
fn mono(seconds: usize) -> Vec<u8> {
    let samples: Vec<i16> =
        talk(seconds).chunks_exact(2).map(|frame| frame.iter().fold(0_i16, |sum, s| sum.saturating_add(*s))).collect();
    wav(1, 16_000, &samples)
}

/// One of them alone, without the pauses in which the other speaks: as much as a request holds.
fn alone(channel: usize, from: usize, to: usize) -> Vec<u8> {
    let samples: Vec<i16> =
        talk(to).chunks_exact(2).skip(from * 16_000).filter_map(|f| f.get(channel).copied()).collect();
    let spoken = samples.chunks(8_000).filter(|part| part.iter().any(|sample| sample.unsigned_abs() > 500));
    wav(1, 16_000, &spoken.flatten().copied().take(25 * 16_000).collect::<Vec<_>>())
}

/// A call on which nobody has a channel.
async fn shared(world: &World, id: &str) -> String {
    let participants = people().into_iter().map(|person| Participant { channel: None, ..person }).collect();
    let request = CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(Call { participants, ..Call::default() }),
        call_id: id.to_owned(),
        ..Default::default()
    };
    world.manager().create_call(request).await.unwrap().into_inner().name
}

async fn transcribed(world: &World, id: &str, audio: &[u8]) -> Transcript {
    let call = shared(world, id).await;
    world.upload(&call, audio).await.unwrap();
    let done = world.settled(&call).await;
    world.transcript(&done.transcript).await
}

fn service(world: &World, who: &str, role: &str) -> VoiceServiceClient<Peer> {
    VoiceServiceClient::new(world.served.peer(world.harness.token(who, &[role])))
}

fn enrolment(email: &str, source: Source) -> EnrollVoiceRequest {
    let consent = VoiceConsent {
        statement: "I agree that my voice is kept so that calls say when I speak.".to_owned(),
        consent_time: Some(Timestamp { seconds: 1_780_000_000, nanos: 0 }),
    };
    EnrollVoiceRequest {
        parent: PARENT.to_owned(),
        email: email.to_owned(),
        consent: Some(consent),
        source: Some(source),
        ..Default::default()
    }
}

async fn enroll(world: &World, request: EnrollVoiceRequest) -> Result<Voice, Status> {
    service(world, "mia@brightledger.example", "manager").enroll_voice(request).await.map(tonic::Response::into_inner)
}

async fn listed(world: &World) -> Vec<String> {
    let request = ListVoicesRequest { parent: PARENT.to_owned(), ..Default::default() };
    let found = service(world, "mia@brightledger.example", "manager").list_voices(request).await.unwrap().into_inner();
    found.voices.into_iter().map(|voice| voice.email).collect()
}

#[rstest]
#[tokio::test]
async fn two_people_on_one_channel_are_two_voices_of_unknown_side(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let transcript = transcribed(&world, "c1", &mono(45)).await;
    assert_eq!(transcript.voice_separation(), VoiceSeparation::Done);
    let heard: Vec<&str> = transcript.turns.iter().map(|turn| turn.voice.as_str()).collect();
    let kinds: std::collections::BTreeSet<&str> = heard.iter().copied().collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["v1", "v2"], "{heard:?}");
    let text = |voice: &str| {
        let own = transcript.turns.iter().filter(|turn| turn.voice == voice);
        own.map(|turn| turn.text.to_lowercase()).collect::<Vec<_>>().join(" ")
    };
    // The rep opens; the buyer answers.
    assert!(text("v1").contains("good morning") && !text("v1").contains("i can hear you"), "{:?}", transcript.turns);
    assert!(text("v2").contains("i can hear you") && !text("v2").contains("good morning"), "{:?}", transcript.turns);
    for turn in &transcript.turns {
        assert_eq!((turn.participant.as_str(), turn.side(), turn.speaker_confidence), ("", Side::Unspecified, 0.0));
        assert!(turn.voice_confidence > 0.5, "{turn:?}");
    }
}

#[rstest]
#[tokio::test]
async fn an_enrolled_voice_is_named_and_who_is_left_is_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let voice = enroll(&world, enrolment(REP, Source::Audio(alone(0, 60, 150)))).await.unwrap();
    assert!(voice.speech_ms >= 10_000 && voice.snr_db > 10.0, "{voice:?}");
    let transcript = transcribed(&world, "c1", &mono(45)).await;
    let turn = |words: &str| transcript.turns.iter().find(|turn| turn.text.to_lowercase().contains(words)).unwrap();
    let (rep, buyer) = (turn("good morning"), turn("i can hear you"));
    assert_eq!((rep.participant.as_str(), rep.side()), ("s1", Side::Rep));
    assert_eq!((buyer.participant.as_str(), buyer.side()), ("s2", Side::Buyer));
    assert!(rep.speaker_confidence > 0.5 && buyer.speaker_confidence <= 0.9, "{rep:?} {buyer:?}");
}

#[rstest]
#[tokio::test]
async fn a_voice_comes_from_a_call_is_replaced_and_deleted_for_good(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    world.upload(&call, &crate::sound::talk_wav(100)).await.unwrap();
    world.settled(&call).await;
    let stretch = CallStretch { call: call.clone(), channel: 1, start_ms: 0, end_ms: 100_000 };
    let request = EnrollVoiceRequest { request_id: "r-1".to_owned(), ..enrolment(BUYER, Source::Stretch(stretch)) };
    let first = enroll(&world, request.clone()).await.unwrap();
    assert_eq!((first.email.as_str(), first.call.as_str()), (BUYER, call.as_str()));
    assert_eq!(enroll(&world, request).await.unwrap(), first, "a repeat is answered as it was");

    // The person agreed to more than the call.
    let purge = PurgeCallRequest { call: call.clone(), reason: "asked for".to_owned(), ..PurgeCallRequest::default() };
    world.retention().purge_call(purge).await.unwrap();
    assert_eq!(listed(&world).await, [BUYER]);

    let again = enroll(&world, enrolment(&BUYER.to_uppercase(), Source::Audio(alone(1, 0, 120)))).await.unwrap();
    assert_ne!(again.name, first.name);
    assert_eq!(listed(&world).await, [BUYER]);

    let mut manager = service(&world, "mia@brightledger.example", "manager");
    let gone = DeleteVoiceRequest { name: first.name, ..Default::default() };
    assert_eq!(manager.delete_voice(gone).await.unwrap_err().code(), Code::NotFound);
    let request = DeleteVoiceRequest { name: again.name.clone(), ..Default::default() };
    assert_eq!(manager.delete_voice(request).await.unwrap().into_inner(), again);
    assert_eq!(listed(&world).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_rep_enrols_and_deletes_nobody_else() {
    let world = World::start(Backend::Sqlite).await;
    let mut rep = service(&world, REP, "rep");
    let sound = alone(0, 60, 150);
    let status = rep.enroll_voice(enrolment(BUYER, Source::Audio(sound.clone()))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "ROLE_REQUIRED"));
    let own = rep.enroll_voice(enrolment(REP, Source::Audio(sound))).await.unwrap().into_inner();
    let mut other = service(&world, "ana@brightledger.example", "rep");
    let request = ListVoicesRequest { parent: PARENT.to_owned(), ..Default::default() };
    assert_eq!(other.list_voices(request).await.unwrap().into_inner().voices, []);
    let request = DeleteVoiceRequest { name: own.name, ..Default::default() };
    assert_eq!(other.delete_voice(request.clone()).await.unwrap_err().code(), Code::PermissionDenied);
    rep.delete_voice(request).await.unwrap();
}

#[tokio::test]
async fn what_is_no_voice_is_refused_and_nothing_is_kept() {
    let world = World::start(Backend::Sqlite).await;
    let empty = EnrollVoiceRequest { parent: PARENT.to_owned(), ..Default::default() };
    let found = violations(&enroll(&world, empty).await.unwrap_err());
    let fields: Vec<&str> = found.iter().filter_map(|violation| violation.split(':').next()).collect();
    assert_eq!(fields, ["email", "consent.statement", "consent.consent_time", "source"]);

    let unfit = async |sound: Vec<u8>, what: &str| {
        let status = enroll(&world, enrolment(REP, Source::Audio(sound))).await.unwrap_err();
        assert_eq!(reason(&status), "AUDIO_UNSUPPORTED");
        assert!(status.message().contains(what), "{}", status.message());
    };
    unfit(alone(0, 0, 9), "s of speech").await;
    unfit(mono(28), "voices").await;
    unfit(b"not a recording".to_vec(), "no audio file").await;
    assert_eq!(listed(&world).await, [] as [&str; 0]);

    let asked = EnrollVoiceRequest { validate_only: true, ..enrolment(REP, Source::Audio(alone(0, 60, 150))) };
    assert_eq!(enroll(&world, asked).await.unwrap().email, REP);
    assert_eq!(listed(&world).await, [] as [&str; 0]);
}

#[rstest]
#[tokio::test]
async fn a_voice_past_its_time_is_deleted(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::with(backend, vec![("voices.retention", "2d".to_owned())]).await;
    enroll(&world, enrolment(REP, Source::Audio(alone(0, 60, 150)))).await.unwrap();
    let db = Db::connect(&world.db.config_for(SCHEMA), SCHEMA).await.unwrap();
    let now = world.harness.clock().now();
    assert_eq!(voices::delete_expired(&db, now + TimeDelta::days(1)).await.unwrap(), 0);
    assert_eq!(listed(&world).await, [REP]);
    assert_eq!(voices::delete_expired(&db, now + TimeDelta::days(2)).await.unwrap(), 1);
    assert_eq!(listed(&world).await, [] as [&str; 0]);
    db.close().await.unwrap();
}

#[tokio::test]
async fn without_the_models_a_recording_is_transcribed_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for model in ["onnxruntime", "moonshine-tiny-en"] {
        std::os::unix::fs::symlink(crate::world::models_dir().join(model), folder.path().join(model)).unwrap();
    }
    let dir = folder.path().display().to_string();
    let world = World::with(Backend::Sqlite, vec![("speech.models_dir", dir)]).await;
    let transcript = transcribed(&world, "c1", &mono(12)).await;
    assert_eq!(transcript.voice_separation(), VoiceSeparation::ModelMissing);
    assert!(!transcript.turns.is_empty() && transcript.turns.iter().all(|turn| turn.voice.is_empty()));
    let status = enroll(&world, enrolment(REP, Source::Audio(alone(0, 60, 150)))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "MODEL_MISSING"));
}
