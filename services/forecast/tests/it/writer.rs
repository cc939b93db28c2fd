//! The log's own promises.

use chrono::{TimeZone as _, Utc};
use forecast::domain::entry::{Entry, Fact, Source};
use forecast::domain::ids::{CallId, DealId};
use forecast::store::{Reader, SCHEMA, Writer, migrations};
use rstest::rstest;
use throughline_store::Db;
use throughline_testkit::{Backend, TestDb};

fn entry(key: &str) -> Entry {
    let at = Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap();
    let fact = Fact::CallAssociated { call: CallId(format!("c-{key}")), deal: DealId("D-1".to_owned()) };
    Entry { source: Source::Crm, key: key.to_owned(), occurred_at: at, known_at: at, fact }
}

async fn append(db: &Db, keys: &[String], commit: bool) -> usize {
    let now = Utc.with_ymd_and_hms(2026, 11, 2, 0, 0, 0).unwrap();
    let tx = db.begin().await.unwrap();
    let entries = keys.iter().map(|key| entry(key)).collect();
    let appended = Writer::open(&tx, "demo").await.unwrap().append(entries, now).await.unwrap();
    if commit {
        tx.commit().await.unwrap();
    }
    appended
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_have_no_gaps_whatever_is_told_twice_or_rolled_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated(SCHEMA, migrations).await;
    let keys = |from: usize, to: usize| (from..to).map(|i| format!("k{i}")).collect::<Vec<_>>();
    let batches: Vec<_> = (0..12).map(|i| (keys(i * 50, i * 50 + 100), i % 4 != 3)).collect();
    futures::future::join_all(batches.iter().map(|(keys, commit)| append(&db, keys, *commit))).await;
    assert_eq!(append(&db, &keys(0, 650), true).await + append(&db, &keys(0, 650), true).await, {
        let committed: std::collections::HashSet<_> = batches.iter().filter(|(_, c)| *c).flat_map(|(k, _)| k).collect();
        650 - committed.len()
    });
    let reader = Reader::new(db);
    let rows = reader.after("demo", 0, 10_000).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.position).collect::<Vec<_>>(), (1..=650).collect::<Vec<_>>());
    assert_eq!(reader.head("demo").await.unwrap(), 650);
    assert_eq!(reader.head("acme").await.unwrap(), 0);
    let named: std::collections::HashSet<_> = rows.into_iter().map(|r| r.entry.key).collect();
    assert_eq!(named.len(), 650);
}
