//! Writers do not lose each other's work and are told what happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::try_join_all;
use rstest::rstest;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait, Set};
use throughline_store::{Backend, Db, Error, lock};
use throughline_testkit::TestDb;

use crate::note::{self, migrations};

/// Reads, then writes: what deferred SQLite transactions fail at and unlocked PostgreSQL ones lose.
async fn increment(db: &Db, times: usize) -> Result<(), Error> {
    for _ in 0..times {
        let tx = db.begin().await?;
        lock::name(&tx, "note", "counter").await?;
        let found = note::Entity::find_by_id("counter").one(&tx).await?.unwrap();
        let next = found.version + 1;
        let mut row = found.into_active_model();
        row.version = Set(next);
        row.update(&tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn counter(db: &Db) -> i32 {
    note::Entity::find_by_id("counter").one(db.conn()).await.unwrap().unwrap().version
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_concurrent_writers_are_never_busy(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    note::Entity::insert(note::row("counter")).exec(db.conn()).await.unwrap();
    try_join_all((0..4).map(|_| increment(&db, 50))).await.unwrap();
    assert_eq!(counter(&db).await, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_worth_of_pools_share_one_database(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let first = test_db.migrated("notes", migrations).await;
    // A second pool has a writer queue of its own, as another process would.
    let second = test_db.connect("notes").await;
    note::Entity::insert(note::row("counter")).exec(first.conn()).await.unwrap();
    try_join_all([&first, &second, &first, &second].map(|db| increment(db, 25))).await.unwrap();
    assert_eq!(counter(&second).await, 100);
}

#[rstest]
#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_lets_the_next_writer_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    let ran = Arc::new(AtomicBool::new(false));
    let tx = db.begin().await.unwrap();
    note::Entity::insert(note::row("a")).exec(&tx).await.unwrap();
    let seen = ran.clone();
    tx.after_commit(move || seen.store(true, Ordering::SeqCst));
    drop(tx);
    let tx = db.begin().await.unwrap();
    assert_eq!(note::Entity::find().count(&tx).await.unwrap(), 0);
    let seen = ran.clone();
    tx.after_commit(move || seen.store(true, Ordering::SeqCst));
    assert!(!ran.load(Ordering::SeqCst), "the hook of a rolled back transaction ran");
    tx.commit().await.unwrap();
    assert!(ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_write_lock_held_too_long_is_busy() {
    let test_db = TestDb::sqlite();
    let mut config = test_db.config_for("notes");
    config.busy_timeout = std::time::Duration::from_millis(20);
    let first = Db::connect(&config, "notes").await.unwrap();
    let second = Db::connect(&config, "notes").await.unwrap();
    let held = first.begin().await.unwrap();
    for db in [&first, &second] {
        let error = db.begin().await.unwrap_err();
        assert!(matches!(error, Error::Busy { .. }) && error.is_retryable(), "{error:?}");
    }
    held.rollback().await.unwrap();
    second.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_busy_and_a_deadlock_too() {
    use sea_orm::ConnectionTrait;
    let test_db = TestDb::postgres().await;
    let mut config = test_db.config();
    config.statement_timeout = std::time::Duration::from_millis(50);
    let db = Db::connect(&config, "notes").await.unwrap();
    let error: Error = db.conn().execute_unprepared("SELECT pg_sleep(5)").await.unwrap_err().into();
    assert!(matches!(error, Error::Busy { .. }), "{error:?}");

    let db = test_db.connect("notes").await;
    let (one, two) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    lock::name(&one, "x", "a").await.unwrap();
    lock::name(&two, "x", "b").await.unwrap();
    let (first, second) = tokio::join!(lock::name(&one, "x", "b"), async {
        let locked = lock::name(&two, "x", "a").await;
        drop(two);
        locked
    });
    let error = first.and(second).unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error:?}");
}
