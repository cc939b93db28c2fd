//! Migrations are all or nothing, and a binary knows whether the schema fits it.

use futures::future::join_all;
use rstest::rstest;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, PaginatorTrait};
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use throughline_store::migration::{self, Migrations, Status};
use throughline_store::{Backend, Error};
use throughline_testkit::TestDb;

use crate::note::{self, migrations};

struct Broken;

impl MigrationName for Broken {
    fn name(&self) -> &str {
        "m0002_broken"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Broken {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("ALTER TABLE no_such_table ADD COLUMN x INTEGER").await.map(drop)
    }
}

struct Contraction;

impl MigrationName for Contraction {
    fn name(&self) -> &str {
        "m0002_contract_notes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Contraction {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("note").take()).await
    }
}

fn with_a_contraction() -> Migrations {
    let mut list = migrations();
    list.push(Box::new(Contraction));
    list
}

fn with_a_broken_one() -> Migrations {
    let mut list = migrations();
    list.push(Box::new(Broken));
    list
}

fn none() -> Migrations {
    Vec::new()
}

#[rstest]
#[tokio::test]
async fn migrating_twice_changes_nothing_the_second_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.connect("notes").await;
    let Status::Outdated { missing } = migration::status(&db, migrations).await.unwrap() else { unreachable!() };
    assert_eq!(missing, ["s0001_outbox", "s0002_inbox", "s0003_idempotency", "m0001_notes"]);
    assert_eq!(migration::migrate(&db, migrations).await.unwrap(), 4);
    assert_eq!(migration::migrate(&db, migrations).await.unwrap(), 0);
    migration::check(&db, migrations).await.unwrap();
    assert_eq!(note::Entity::find().count(db.conn()).await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn serve_is_refused_on_an_older_schema(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", none).await;
    let error = migration::check(&db, migrations).await.unwrap_err();
    assert!(error.to_string().contains("m0001_notes") && error.to_string().contains("migrate"), "{error}");
}

#[rstest]
#[tokio::test]
async fn a_schema_that_a_newer_binary_added_to_is_served(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    migration::check(&db, none).await.unwrap();
    assert_eq!(migration::migrate(&db, none).await.unwrap(), 0);
    migration::check(&db, migrations).await.unwrap();
}

#[rstest]
#[case::that_lost_something(with_a_contraction, none, "m0002_contract_notes")]
#[case::of_another_branch(with_a_contraction, with_a_broken_one, "m0002_contract_notes")]
#[tokio::test]
async fn serve_is_refused_on_a_newer_schema(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] newer: fn() -> Migrations,
    #[case] own: fn() -> Migrations,
    #[case] named: &str,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", newer).await;
    let error = migration::check(&db, own).await.unwrap_err();
    assert!(matches!(&error, Error::SchemaNewer { .. }) && error.to_string().contains(named), "{error}");
    assert!(matches!(migration::migrate(&db, own).await, Err(Error::SchemaNewer { .. })));
}

#[rstest]
#[tokio::test]
async fn a_failing_migration_undoes_the_whole_run(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.connect("notes").await;
    migration::migrate(&db, with_a_broken_one).await.unwrap_err();
    let Status::Outdated { missing } = migration::status(&db, migrations).await.unwrap() else { unreachable!() };
    assert_eq!(missing.len(), 4);
    assert_eq!(migration::migrate(&db, migrations).await.unwrap(), 4);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn migrations_started_together_run_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let test_db = TestDb::start(backend).await;
    let pools = [test_db.connect("notes").await, test_db.connect("notes").await, test_db.connect("notes").await];
    let runs = join_all(pools.iter().map(|db| migration::migrate(db, migrations))).await;
    let mut applied: Vec<usize> = runs.into_iter().collect::<Result<_, _>>().unwrap();
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 4]);
}

#[tokio::test]
async fn services_share_a_postgres_database_without_seeing_each_other() {
    let test_db = TestDb::postgres().await;
    let one = test_db.migrated("service_one", migrations).await;
    let two = test_db.migrated("service_two", migrations).await;
    note::Entity::insert(note::row("a")).exec(one.conn()).await.unwrap();
    assert_eq!(note::Entity::find().count(two.conn()).await.unwrap(), 0);
}
