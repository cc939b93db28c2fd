//! What an operator or a caller did wrong gets an error that says so.

use rstest::rstest;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait};
use throughline_store::{Backend, DatabaseConfig, Db, Error};
use throughline_testkit::TestDb;

use crate::note::{self, migrations};

async fn connect_error(config: &DatabaseConfig) -> Error {
    Db::connect(config, "notes").await.unwrap_err()
}

#[rstest]
#[tokio::test]
async fn a_second_row_with_the_same_key_names_its_table(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let test_db = TestDb::start(backend).await;
    let db = test_db.migrated("notes", migrations).await;
    note::Entity::insert(note::row("a")).exec(db.conn()).await.unwrap();
    let error: Error = note::Entity::insert(note::row("a")).exec(db.conn()).await.unwrap_err().into();
    assert!(error.is_unique_violation(Some("note")), "{error:?}");
    let orphan = note::ActiveModel { parent: Set(Some("nobody".to_owned())), ..note::row("b") };
    let error: Error = note::Entity::insert(orphan).exec(db.conn()).await.unwrap_err().into();
    assert!(matches!(error, Error::ForeignKey { .. }), "{error:?}");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let test_db = TestDb::sqlite();
    let path = test_db.folder().unwrap().join("nowhere/notes.db");
    let error = connect_error(&DatabaseConfig::new(format!("sqlite:{}", path.display()))).await;
    assert!(matches!(&error, Error::Config { detail } if detail.contains("nowhere does not exist")), "{error}");
}

#[tokio::test]
async fn a_folder_where_nobody_may_write_is_named() {
    // The one folder in which not even root can make a file.
    let error = connect_error(&DatabaseConfig::new("sqlite:/proc/notes.db")).await;
    assert!(matches!(&error, Error::Config { detail } if detail.contains("/proc/notes.db")), "{error}");
}

#[tokio::test]
async fn a_read_only_database_refuses_writes_and_says_why() {
    let test_db = TestDb::sqlite();
    let db = test_db.migrated("notes", migrations).await;
    db.close().await.unwrap();
    let mut config = test_db.config_for("notes");
    config.url.push_str("?mode=ro");
    let error = match Db::connect(&config, "notes").await {
        Ok(db) => note::Entity::insert(note::row("a")).exec(db.conn()).await.unwrap_err().into(),
        Err(error) => error,
    };
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_database_stores_nothing_and_says_so() {
    let test_db = TestDb::sqlite();
    let db = test_db.migrated("notes", migrations).await;
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
    let mut failed = None;
    for index in 0..10_000 {
        let id = format!("{index}-{}", "x".repeat(1_000));
        if let Err(error) = note::Entity::insert(note::row(&id)).exec(&tx).await {
            failed = Some(Error::from(error));
            break;
        }
    }
    assert!(matches!(failed, Some(Error::StorageFull { .. })), "{failed:?}");
    drop(tx);
    assert_eq!(note::Entity::find().count(db.conn()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_read_only_server_is_told_apart_from_a_defect() {
    let test_db = TestDb::postgres().await;
    let db = test_db.migrated("notes", migrations).await;
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("SET TRANSACTION READ ONLY").await.unwrap();
    let error: Error = note::Entity::insert(note::row("a")).exec(&tx).await.unwrap_err().into();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_its_password_not_shown() {
    let mut config = DatabaseConfig::new("postgres://app:s3cr3t@127.0.0.1:1/notes");
    config.acquire_timeout = std::time::Duration::from_millis(300);
    let error = connect_error(&config).await;
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("s3cr3t"), "{error}");
}

#[tokio::test]
async fn an_unknown_database_or_a_missing_password_file_is_a_configuration_error() {
    let test_db = TestDb::postgres().await;
    let mut config = test_db.config();
    config.url = config.url.replace("throughline_test_", "no_such_database_");
    let error = connect_error(&config).await;
    assert!(matches!(&error, Error::Config { detail } if detail.contains("no_such_database_")), "{error:?}");
    let mut config = test_db.config();
    config.password_file = Some("/nowhere/password".into());
    let error = connect_error(&config).await;
    assert!(matches!(&error, Error::Config { detail } if detail.contains("/nowhere/password")), "{error:?}");
}

#[tokio::test]
async fn an_in_memory_database_or_a_bad_schema_name_is_refused() {
    let error = connect_error(&DatabaseConfig::new("sqlite::memory:")).await;
    assert!(matches!(&error, Error::Config { detail } if detail.contains("in-memory")), "{error:?}");
    let test_db = TestDb::sqlite();
    let error = Db::connect(&test_db.config(), "crm-sync").await.unwrap_err();
    assert!(matches!(&error, Error::Config { detail } if detail.contains("crm-sync")), "{error:?}");
}
