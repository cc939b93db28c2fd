//! An event is applied once however often it comes.

use chrono::TimeDelta;
use futures::future::join_all;
use rstest::rstest;
use throughline_store::{Backend, Db, inbox};
use throughline_testkit::TestDb;

use crate::note::{migrations, noon};

async fn deliver(db: &Db, event_id: &str, commit: bool) -> bool {
    let tx = db.begin().await.unwrap();
    let first = inbox::first_delivery(&tx, "notes", event_id, noon()).await.unwrap();
    if commit {
        tx.commit().await.unwrap();
    } else {
        tx.rollback().await.unwrap();
    }
    first
}

#[rstest]
#[tokio::test]
async fn only_a_committed_delivery_counts(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    assert!(deliver(&db, "e1", false).await);
    assert!(deliver(&db, "e1", true).await);
    assert!(!deliver(&db, "e1", true).await);
    assert!(deliver(&db, "e2", true).await);
    let tx = db.begin().await.unwrap();
    assert!(inbox::first_delivery(&tx, "another consumer", "e1", noon()).await.unwrap());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_deliveries_apply_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    for round in 0..10 {
        let id = format!("e{round}");
        let firsts = join_all((0..4).map(|_| deliver(&db, &id, true))).await;
        assert_eq!(firsts.into_iter().filter(|first| *first).count(), 1);
    }
}

#[rstest]
#[tokio::test]
async fn old_entries_are_removed_in_batches(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    let tx = db.begin().await.unwrap();
    for index in 0..1_100 {
        inbox::first_delivery(&tx, "notes", &format!("e{index}"), noon()).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(inbox::cleanup(&db, noon()).await.unwrap(), 0);
    assert_eq!(inbox::cleanup(&db, noon() + TimeDelta::seconds(1)).await.unwrap(), 1_100);
    assert!(deliver(&db, "e1", true).await);
}
