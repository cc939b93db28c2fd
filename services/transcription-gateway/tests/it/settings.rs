//! The settings of a workspace: read, changed, refused.

use prost_types::FieldMask;
use rstest::rstest;
use throughline_proto::transcription::v1::transcription_settings_service_client::TranscriptionSettingsServiceClient;
use throughline_proto::transcription::v1::{
    ConsentRule, GetTranscriptionSettingsRequest, RedactionKind, TranscriptionSettings,
    UpdateTranscriptionSettingsRequest, VocabularyKind, VocabularyTerm,
};
use throughline_rpc::client::Peer;
use throughline_testkit::Backend;
use tonic::{Code, Status};

use crate::world::{PARENT, REP, World, reason, violations};

fn name() -> String {
    format!("{PARENT}/transcriptionSettings")
}

fn api(world: &World, role: &str) -> TranscriptionSettingsServiceClient<Peer> {
    let token = world.harness.token("ada@brightledger.example", &[role]);
    TranscriptionSettingsServiceClient::new(world.served.peer(token))
}

async fn get(world: &World) -> TranscriptionSettings {
    let request = GetTranscriptionSettingsRequest { name: name() };
    api(world, "manager").get_transcription_settings(request).await.unwrap().into_inner()
}

fn request(fields: &[&str], settings: TranscriptionSettings) -> UpdateTranscriptionSettingsRequest {
    let paths = fields.iter().map(|field| (*field).to_owned()).collect();
    UpdateTranscriptionSettingsRequest {
        settings: Some(TranscriptionSettings { name: name(), ..settings }),
        update_mask: Some(FieldMask { paths }),
        ..Default::default()
    }
}

async fn update(world: &World, request: UpdateTranscriptionSettingsRequest) -> Result<TranscriptionSettings, Status> {
    api(world, "admin").update_transcription_settings(request).await.map(tonic::Response::into_inner)
}

fn term(text: &str) -> VocabularyTerm {
    VocabularyTerm { text: text.to_owned(), kind: VocabularyKind::Product.into(), ..Default::default() }
}

#[rstest]
#[tokio::test]
async fn settings_start_at_their_defaults_and_only_what_the_mask_names_changes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let before = get(&world).await;
    assert_eq!((before.name.as_str(), before.etag.as_str(), before.separate_voices), (&*name(), "0", Some(true)));
    assert_eq!((before.consent_rule(), before.redaction_kinds.len()), (ConsentRule::Unspecified, 0));

    let wanted = TranscriptionSettings {
        consent_rule: ConsentRule::All.into(),
        retention: Some(prost_types::Duration { seconds: 90 * 24 * 3600, nanos: 0 }),
        redaction_kinds: vec![RedactionKind::Secret.into(), RedactionKind::Card.into(), RedactionKind::Card.into()],
        vocabulary: vec![term("BrightLedger")],
        default_language: "en-gb".to_owned(),
        separate_voices: Some(false),
        ..Default::default()
    };
    let all = update(&world, request(&["*"], wanted)).await.unwrap();
    assert_eq!(get(&world).await, all);
    assert_eq!((all.etag.as_str(), all.updated_by.as_str()), ("1", "ada@brightledger.example"));
    assert_eq!((all.default_language.as_str(), all.separate_voices), ("en-GB", Some(false)));
    let kinds: Vec<RedactionKind> = all.redaction_kinds().collect();
    assert_eq!(kinds, [RedactionKind::Card, RedactionKind::Secret]);

    let unset = TranscriptionSettings { consent_rule: ConsentRule::One.into(), ..Default::default() };
    let after = update(&world, request(&["retention", "separate_voices"], unset)).await.unwrap();
    let expected = TranscriptionSettings {
        retention: None,
        separate_voices: Some(true),
        etag: "2".to_owned(),
        update_time: after.update_time,
        ..all
    };
    assert_eq!(after, expected);
}

#[rstest]
#[tokio::test]
async fn two_admins_do_not_overwrite_each_other(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let seen = get(&world).await.etag;
    let change = |language: &str| {
        let settings =
            TranscriptionSettings { etag: seen.clone(), default_language: language.to_owned(), ..Default::default() };
        request(&["default_language"], settings)
    };
    let (first, second) = tokio::join!(update(&world, change("en")), update(&world, change("de")));
    let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
    let lost = lost.unwrap_err();
    assert_eq!((lost.code(), reason(&lost).as_str()), (Code::Aborted, "VERSION_MISMATCH"));
    assert_eq!(get(&world).await, won.unwrap());
}

#[rstest]
#[tokio::test]
async fn a_repeat_answers_the_same_and_a_trial_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let settings = TranscriptionSettings { default_language: "en".to_owned(), ..Default::default() };
    let trial = UpdateTranscriptionSettingsRequest { validate_only: true, ..request(&["*"], settings.clone()) };
    assert_eq!(update(&world, trial).await.unwrap().default_language, "en");
    assert_eq!(get(&world).await.etag, "0");
    let real = UpdateTranscriptionSettingsRequest { request_id: "r-1".to_owned(), ..request(&["*"], settings) };
    let first = update(&world, real.clone()).await.unwrap();
    assert_eq!(update(&world, real).await.unwrap(), first);
    assert_eq!(get(&world).await.etag, "1");
}

#[tokio::test]
async fn what_is_wrong_is_said_all_at_once() {
    let world = World::start(Backend::Sqlite).await;
    let settings = TranscriptionSettings {
        consent_rule: 9,
        retention: Some(prost_types::Duration { seconds: -5, nanos: 0 }),
        redaction_kinds: vec![0],
        vocabulary: vec![term("Kestrel"), term("kestrel")],
        default_language: "?".to_owned(),
        etag: "x".to_owned(),
        ..Default::default()
    };
    let status = update(&world, request(&["*"], settings)).await.unwrap_err();
    let fields: Vec<String> = violations(&status).iter().map(|v| v.split(':').next().unwrap().to_owned()).collect();
    let expected = [
        "settings.etag",
        "settings.consent_rule",
        "settings.redaction_kinds[0]",
        "settings.retention",
        "settings.default_language",
        "settings.vocabulary[1].text",
    ];
    assert_eq!(fields, expected);
    let status = update(&world, request(&["etag", "*"], TranscriptionSettings::default())).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2);
    let status = update(&world, UpdateTranscriptionSettingsRequest::default()).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2);
    let crowded = TranscriptionSettings {
        vocabulary: (0..2_001).map(|n| term(&format!("Kestrel {n}"))).collect(),
        ..Default::default()
    };
    let status = update(&world, request(&["vocabulary"], crowded)).await.unwrap_err();
    assert_eq!(violations(&status), ["settings.vocabulary: must be at most 2,000 terms"]);
}

#[tokio::test]
async fn staff_and_services_read_and_admins_change() {
    let world = World::start(Backend::Sqlite).await;
    let read = || GetTranscriptionSettingsRequest { name: name() };
    for role in ["rep", "manager", "enablement", "revops"] {
        assert!(api(&world, role).get_transcription_settings(read()).await.is_ok(), "{role}");
        let change = request(&["*"], TranscriptionSettings::default());
        let status = api(&world, role).update_transcription_settings(change).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "ROLE_REQUIRED"), "{role}");
    }
    let service = world.served.peer(world.harness.service_token("playbook-evaluator"));
    let mut service = TranscriptionSettingsServiceClient::new(service);
    assert!(service.get_transcription_settings(read()).await.is_ok());
    let elsewhere = GetTranscriptionSettingsRequest { name: "workspaces/other/transcriptionSettings".to_owned() };
    let stranger = world.harness.token(REP, &["rep"]);
    let mut stranger = TranscriptionSettingsServiceClient::new(world.served.peer(stranger));
    let status = stranger.get_transcription_settings(elsewhere).await.unwrap_err();
    assert_eq!(reason(&status), "WORKSPACE_DENIED");
}
