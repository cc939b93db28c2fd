//! What is stored is read back as it was.

use chrono::{DateTime, TimeDelta};
use playbook_evaluator::store::evaluations::{self, Filter, Row, Subject};
use playbook_evaluator::store::{SCHEMA, migrations};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost::Message as _;
use rstest::rstest;
use throughline_proto::common::v1::{Evidence, Participant};
use throughline_proto::playbook::v1::{BehaviorResult, Evaluation};
use throughline_store::Db;
use throughline_testkit::{Backend, TestDb};

fn evaluation() -> impl Strategy<Value = Evaluation> {
    let evidence = ("\\PC{0,40}", any::<i32>(), any::<i32>(), 0.0..1.0_f64, proptest::option::of(0.0..1.0_f64))
        .prop_map(|(quote, turn, start_ms, speaker_confidence, confidence)| Evidence {
            quote,
            turn,
            start_ms,
            speaker_confidence,
            confidence,
            ..Evidence::default()
        });
    let behavior = ("[a-z_]{1,12}", 0..5_i32, prop::collection::vec(evidence, 0..4))
        .prop_map(|(id, outcome, evidence)| BehaviorResult { id, outcome, evidence, ..BehaviorResult::default() });
    let participant = ("\\PC{0,20}", proptest::option::of(0..9_i32)).prop_map(|(name, channel)| Participant {
        name,
        channel,
        ..Participant::default()
    });
    (
        prop::collection::vec(behavior, 0..5),
        prop::collection::vec("\\PC{0,30}", 0..3),
        prop::collection::vec(participant, 0..3),
    )
        .prop_map(|(behaviors, notes, participants)| Evaluation {
            behaviors,
            notes,
            participants,
            ..Evaluation::default()
        })
}

fn row() -> impl Strategy<Value = (Row, Evaluation)> {
    let ids = ("[0-9a-f]{32}", "[a-z0-9_-]{1,63}", "[1-9][0-9]{0,3}", "[a-z][a-z0-9_-]{0,62}", "[a-z.~0-9-]{0,20}");
    (ids, 1..i32::MAX, 0..4_000_000_000_000_000_i64, evaluation()).prop_map(
        |((id, call, transcript, playbook, rep), revision, micros, evaluation)| {
            let row = Row {
                workspace: "demo".to_owned(),
                id,
                call,
                transcript,
                playbook,
                revision,
                rep,
                body: evaluation.encode_to_vec(),
                created_at: DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros),
            };
            (row, evaluation)
        },
    )
}

async fn stored(db: &Db, row: &Row) -> Vec<Option<Row>> {
    let tx = db.begin().await.unwrap();
    evaluations::insert(&tx, row.clone()).await.unwrap();
    let subject = Subject {
        workspace: &row.workspace,
        call: &row.call,
        transcript: &row.transcript,
        playbook: &row.playbook,
        revision: row.revision,
    };
    let by_subject = evaluations::of(&tx, subject).await.unwrap();
    tx.commit().await.unwrap();
    let by_id = evaluations::get(db.conn(), &row.workspace, &row.id).await.unwrap();
    let filter =
        Filter { call: Some(row.call.clone()), transcript: Some(row.transcript.clone()), rep: Some(row.rep.clone()) };
    let listed = evaluations::list(db.conn(), &row.workspace, &filter, None, 10).await.unwrap();
    let in_list = listed.into_iter().find(|found| found.id == row.id);
    vec![by_subject, by_id, in_list]
}

#[rstest]
fn an_evaluation_is_read_back_as_it_was(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (_database, db) = runtime.block_on(async {
        let database = TestDb::start(backend).await;
        let db = database.migrated(SCHEMA, migrations).await;
        (database, db)
    });
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&row(), |(row, evaluation)| {
        for found in runtime.block_on(stored(&db, &row)) {
            prop_assert_eq!(found.as_ref(), Some(&row));
        }
        prop_assert_eq!(Evaluation::decode(row.body.as_slice()).unwrap(), evaluation);
        Ok(())
    });
    outcome.unwrap();
}
