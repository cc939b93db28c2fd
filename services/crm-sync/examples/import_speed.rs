//! Times the import of an export over gRPC, on SQLite and on PostgreSQL: `cargo run -p crm-sync --example import_speed -- DIR`.
//! Prints what came in, what was noticed, and the seconds of a first and of a repeated import.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use crm_sync::CrmSync;
use throughline_proto::crm::v1::import_records_request::Message;
use throughline_proto::crm::v1::record_service_client::RecordServiceClient;
use throughline_proto::crm::v1::{ImportFileChunk, ImportRecordsHeader, ImportRecordsRequest};
use throughline_testkit::{Backend, Harness, TestDb};

const CHUNK_BYTES: usize = 32 * 1024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).context("usage: import_speed DIR")?;
    let messages = messages(Path::new(&folder))?;
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let harness = Harness::real_time();
        let db = TestDb::start(backend).await;
        let served = harness.start::<CrmSync>(&db.config_for("crm_sync"), Vec::new()).await;
        let mut records = RecordServiceClient::new(served.peer(harness.token("bench", &["revops"])));
        for round in ["first", "again"] {
            let begin = Instant::now();
            let done = records.import_records(tokio_stream::iter(messages.clone())).await?.into_inner();
            let seconds = begin.elapsed().as_secs_f64();
            println!(
                "{backend:?} {round}: {seconds:.2} s, {} accounts, {} users, {} deals, {} stage changes, {} unchanged",
                done.accounts, done.users, done.deals, done.stage_changes, done.unchanged
            );
            if backend == Backend::Sqlite && round == "first" {
                done.warnings.iter().for_each(|warning| println!("  {warning}"));
            }
        }
        served.stop().await;
    }
    Ok(())
}

fn messages(folder: &Path) -> anyhow::Result<Vec<ImportRecordsRequest>> {
    let header = ImportRecordsHeader { parent: "workspaces/demo".to_owned(), ..Default::default() };
    let mut messages = vec![ImportRecordsRequest { message: Some(Message::Header(header)) }];
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".csv")) else {
            continue;
        };
        for part in std::fs::read(&path)?.chunks(CHUNK_BYTES) {
            let chunk = ImportFileChunk { file: file.to_owned(), data: part.to_vec() };
            messages.push(ImportRecordsRequest { message: Some(Message::Chunk(chunk)) });
        }
    }
    Ok(messages)
}
