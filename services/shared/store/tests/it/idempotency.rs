//! A repeated mutation gets the first answer, whatever runs at the same time.

use chrono::TimeDelta;
use futures::future::join_all;
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use throughline_proto::events::v1::{RetryDeliveryRequest, TranscriptFinalized};
use throughline_store::{Backend, Db, Error, Idempotent, Result, idempotency};
use throughline_testkit::TestDb;

use crate::note::{self, migrations, noon};

fn request(call: &str) -> TranscriptFinalized {
    TranscriptFinalized { call: call.to_owned(), transcript: String::new() }
}

fn keyed(request_id: &str, call: &str) -> Idempotent {
    Idempotent::new("demo", "CreateNote", request_id, &request(call))
}

/// The mutation under test: creates a note named by whoever ran it, and answers with that name.
async fn create(db: &Db, once: &Idempotent, id: &str) -> Result<String> {
    let tx = db.begin().await?;
    if let Some(answer) = once.replay::<RetryDeliveryRequest>(&tx, noon()).await? {
        return Ok(answer.name);
    }
    note::Entity::insert(note::row(id)).exec(&tx).await?;
    once.record(&tx, &RetryDeliveryRequest { name: id.to_owned() }, noon()).await?;
    tx.commit().await?;
    Ok(id.to_owned())
}

#[rstest]
#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    let once = keyed("r1", "c1");
    assert_eq!(create(&db, &once, "first").await.unwrap(), "first");
    assert_eq!(create(&db, &once, "second").await.unwrap(), "first");
    assert_eq!(note::Entity::find().count(db.conn()).await.unwrap(), 1);
}

#[rstest]
#[tokio::test]
async fn another_body_under_the_same_id_is_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    create(&db, &keyed("r1", "c1"), "first").await.unwrap();
    let error = create(&db, &keyed("r1", "c2"), "second").await.unwrap_err();
    assert!(matches!(error, Error::RequestIdReused { .. }), "{error:?}");
    // Another workspace or method is another key.
    let elsewhere = Idempotent::new("acme", "CreateNote", "r1", &request("c2"));
    assert_eq!(create(&db, &elsewhere, "third").await.unwrap(), "third");
}

#[rstest]
#[tokio::test]
async fn without_an_id_every_call_counts(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    let once = keyed("", "c1");
    assert_eq!(create(&db, &once, "first").await.unwrap(), "first");
    assert_eq!(create(&db, &once, "second").await.unwrap(), "second");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_first_uses_have_one_winner_and_the_others_replay(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    for round in 0..10 {
        let once = keyed(&format!("r{round}"), "c1");
        let ids: Vec<String> = (0..4).map(|caller| format!("{round}-{caller}")).collect();
        let answers = join_all(ids.iter().map(|id| create(&db, &once, id))).await;
        let answers: Vec<String> = answers.into_iter().collect::<Result<_>>().unwrap();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    assert_eq!(note::Entity::find().count(db.conn()).await.unwrap(), 10);
}

#[rstest]
#[tokio::test]
async fn a_rolled_back_call_keeps_no_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    let once = keyed("r1", "c1");
    let tx = db.begin().await.unwrap();
    once.record(&tx, &RetryDeliveryRequest { name: "lost".to_owned() }, noon()).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(create(&db, &once, "first").await.unwrap(), "first");
}

#[rstest]
#[tokio::test]
async fn an_answer_is_kept_for_a_day(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    let once = keyed("r1", "c1");
    create(&db, &once, "first").await.unwrap();
    let almost = noon() + TimeDelta::hours(24) - TimeDelta::milliseconds(1);
    assert_eq!(idempotency::cleanup(&db, almost).await.unwrap(), 0);
    let tx = db.begin().await.unwrap();
    assert!(once.replay_bytes(&tx, almost).await.unwrap().is_some());
    let after = noon() + TimeDelta::hours(24);
    assert!(once.replay_bytes(&tx, after).await.unwrap().is_none());
    // Past its time another body is fine, and takes the row's place even before the cleanup.
    let other = keyed("r1", "c2");
    assert!(other.replay_bytes(&tx, after).await.unwrap().is_none());
    other.record_bytes(&tx, b"new".to_vec(), after).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(idempotency::cleanup(&db, after).await.unwrap(), 0);
    assert_eq!(idempotency::cleanup(&db, after + TimeDelta::hours(24)).await.unwrap(), 1);
}

/// The whole request is compared by its encoding, which is not the same twice for a map with two entries.
#[test]
fn no_request_of_the_api_has_a_map_field() {
    let pool = throughline_proto::descriptors().unwrap();
    let ours = pool.all_messages().filter(|message| message.full_name().starts_with("throughline."));
    let maps: Vec<String> = ours
        .flat_map(|message| {
            message.fields().filter(|field| field.is_map()).map(|f| f.full_name().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    assert!(maps.is_empty(), "{maps:?}");
}
