//! Deadlines, legal holds, purges: what goes goes from everywhere, and what is held stays.

use data_encoding::HEXLOWER;
use prost_types::{FieldMask, Timestamp};
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};
use throughline_proto::transcription::v1::{
    Call, CallState, CreateCallRequest, GetPurgeReceiptRequest, GetTranscriptRequest, ImportTranscriptRequest,
    ListPurgeReceiptsRequest, PurgeCallRequest, PurgeCause, PurgeReceipt, SetLegalHoldRequest, UpdateCallRequest,
    UploadRecordingHeader,
};
use throughline_testkit::{Backend, TestDb, eventually};
use tonic::{Code, Status};
use transcription_gateway::store::purges::{OF_A_CALL, OF_ITS_COURSE, OF_ITSELF};
use transcription_gateway::store::{SCHEMA, migrations, search};

use crate::sound::{fixture, sample, talk_wav, wav};
use crate::world::{PARENT, REP, World, people, reason, violations};

fn purge(call: &str) -> PurgeCallRequest {
    PurgeCallRequest { call: call.to_owned(), reason: "asked for by the customer".to_owned(), ..Default::default() }
}

fn hold(call: &str, held: bool) -> SetLegalHoldRequest {
    SetLegalHoldRequest { call: call.to_owned(), held, reason: "matter 17".to_owned(), ..Default::default() }
}

async fn receipt(world: &World, name: &str) -> PurgeReceipt {
    let request = GetPurgeReceiptRequest { name: name.to_owned() };
    world.retention().get_purge_receipt(request).await.unwrap().into_inner()
}

/// The receipt, once its objects are gone.
async fn complete(world: &World, name: &str) -> PurgeReceipt {
    eventually("the objects are gone", || async {
        let found = receipt(world, name).await;
        found.complete_time.is_some().then_some(found)
    })
    .await
}

/// Everything in the database as text; what is stored in bytes as hexadecimal.
async fn everything_stored(world: &World, backend: Backend) -> String {
    let db = world.db.connect(transcription_gateway::store::SCHEMA).await;
    let mut all = String::new();
    for table in tables(world, backend).await {
        let shown = |column: &String| match backend {
            Backend::Sqlite => format!(
                "coalesce(CASE typeof(\"{column}\") WHEN 'blob' THEN lower(hex(\"{column}\")) ELSE CAST(\"{column}\" AS TEXT) END, '')"
            ),
            Backend::Postgres => format!("coalesce(\"{column}\"::text, '')"),
        };
        let columns: Vec<String> = columns(world, backend, &table).await.iter().map(shown).collect();
        let sql = format!("SELECT {} AS line FROM \"{table}\"", columns.join(" || '|' || "));
        for row in db.conn().query_all_raw(Statement::from_string(db.conn().get_database_backend(), sql)).await.unwrap()
        {
            all.push_str(&row.try_get::<String>("", "line").unwrap());
            all.push('\n');
        }
    }
    db.close().await.unwrap();
    all
}

async fn names(world: &World, sql: String) -> Vec<String> {
    let db = world.db.connect(transcription_gateway::store::SCHEMA).await;
    let statement = Statement::from_string(db.conn().get_database_backend(), sql);
    let rows = db.conn().query_all_raw(statement).await.unwrap();
    let found = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    db.close().await.unwrap();
    found
}

async fn tables(world: &World, backend: Backend) -> Vec<String> {
    let sql = match backend {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Backend::Postgres => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = current_schema()"
        }
    };
    names(world, sql.to_owned()).await
}

async fn columns(world: &World, backend: Backend, table: &str) -> Vec<String> {
    let sql = match backend {
        Backend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
        Backend::Postgres => format!(
            "SELECT column_name::text AS name FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = '{table}'"
        ),
    };
    names(world, sql).await
}

#[rstest]
#[tokio::test]
async fn a_purge_takes_everything_and_leaves_a_receipt(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let neighbour = world.call("c10").await;
    let import = |call: &str| ImportTranscriptRequest {
        call: call.to_owned(),
        content: sample("discovery.vtt"),
        request_id: format!("import {call}"),
        ..Default::default()
    };
    let turns = world.manager().import_transcript(import(&call)).await.unwrap().into_inner().turn_count;
    world.manager().import_transcript(import(&neighbour)).await.unwrap();
    let header = UploadRecordingHeader { call: call.clone(), request_id: "upload".to_owned(), ..Default::default() };
    let wav = fixture("pcm.wav");
    let recording = world.upload_with(header, &wav).await.unwrap().recording.unwrap();
    let done = world.settled(&call).await;
    let heard = world.transcript(&done.transcript).await.turn_count;
    assert_eq!(world.files(), 1);

    let preview = PurgeCallRequest { validate_only: true, ..purge(&call) };
    let preview = world.retention().purge_call(preview).await.unwrap().into_inner();
    assert_eq!(world.get(&call).await, done);
    let request = PurgeCallRequest { request_id: "purge".to_owned(), ..purge(&call) };
    let purged = world.retention().purge_call(request.clone()).await.unwrap().into_inner();
    assert_eq!(world.retention().purge_call(request).await.unwrap().into_inner(), purged, "a repeat");
    assert_eq!(world.retention().purge_call(purge(&call)).await.unwrap().into_inner().name, purged.name, "once more");
    let of_preview = PurgeReceipt { name: purged.name.clone(), purge_time: purged.purge_time, ..preview };
    assert_eq!(of_preview, purged);

    let receipt = complete(&world, &purged.name).await;
    assert_eq!((receipt.call.as_str(), receipt.cause()), (call.as_str(), PurgeCause::Requested));
    assert_eq!(
        (receipt.reason.as_str(), receipt.purged_by.as_str()),
        ("asked for by the customer", "ada@brightledger.example")
    );
    assert_eq!((receipt.revisions, receipt.turns), (2, turns + heard));
    assert_eq!((receipt.objects[0].size_bytes, &receipt.objects[0].sha256), (wav.len() as i64, &recording.sha256));
    assert_eq!(world.files(), 0);

    let tombstone = world.get(&call).await;
    let expected = Call {
        name: call.clone(),
        state: CallState::Purged.into(),
        create_time: done.create_time,
        etag: tombstone.etag.clone(),
        purge_receipt: purged.name.clone(),
        ..Call::default()
    };
    assert_eq!(tombstone, expected);
    let gone = GetTranscriptRequest { name: done.transcript };
    assert_eq!(world.manager().get_transcript(gone).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(world.purged(1).await[0].call, call);
    assert_eq!(world.told(3).await.len(), 3);

    // Of the neighbour everything is there; once it is purged as well, there is nothing of anybody anywhere.
    let traces = ["Priya", "Raman", "Ashworth", "northmoor"];
    let holds = |all: &str, trace: &str| all.contains(trace) || all.contains(&HEXLOWER.encode(trace.as_bytes()));
    // As an index has them: in lower case, and without what a word shares with the one before.
    let indexed = ["readsheet", "orning"];
    let before = everything_stored(&world, backend).await;
    assert!(traces.iter().all(|trace| holds(&before, trace)));
    let before = before.to_lowercase();
    assert!(indexed.iter().all(|trace| holds(&before, trace)));
    let again = world.manager().import_transcript(import(&neighbour)).await.unwrap().into_inner();
    assert!(again.name.ends_with("c10/transcripts/1"), "the answer for repeats is there: {}", again.name);
    world.retention().purge_call(purge(&neighbour)).await.unwrap();
    let after = everything_stored(&world, backend).await;
    for trace in traces {
        assert!(!holds(&after, trace), "{trace} is still there:\n{after}");
    }
    eventually("no index holds the words any more", || async {
        let after = everything_stored(&world, backend).await.to_lowercase();
        (!indexed.iter().any(|trace| holds(&after, trace))).then_some(())
    })
    .await;
}

/// Where one call of many is purged, SQLite does not write its index anew by itself.
#[tokio::test]
async fn a_word_of_one_call_among_many_leaves_the_bytes_of_the_index() {
    const HELD: &str = "SELECT count(*) AS n FROM search_index_data WHERE instr(hex(block), hex('uokka')) > 0";
    let test_db = TestDb::start(Backend::Sqlite).await;
    let db = test_db.migrated(SCHEMA, migrations).await;
    let tx = db.begin().await.unwrap();
    let others = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
                  INSERT INTO search_index (rowid, facets, stems, forms) SELECT i, 'wdemo', 'word', 'words' FROM n";
    tx.execute_unprepared(others).await.unwrap();
    let one = "INSERT INTO search_index (rowid, facets, stems, forms) VALUES (1, 'wdemo', 'quokka', 'quokkas')";
    tx.execute_unprepared(one).await.unwrap();
    tx.commit().await.unwrap();
    let held = async || -> i64 {
        let statement = Statement::from_string(db.conn().get_database_backend(), HELD);
        db.conn().query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
    };
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("DELETE FROM search_index WHERE rowid = 1").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(held().await, 1, "it is only noted that the row is gone");
    let tx = db.begin().await.unwrap();
    search::forget_removed(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(held().await, 0);
}

#[rstest]
#[tokio::test]
async fn every_table_of_a_call_is_purged(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let mut of_a_call = Vec::new();
    for table in tables(&world, backend).await {
        let columns = columns(&world, backend, &table).await;
        if columns.iter().any(|column| column == "call") {
            of_a_call.push(table);
        }
    }
    of_a_call.sort();
    let purged = OF_A_CALL.iter().chain(&OF_ITS_COURSE).chain(&OF_ITSELF);
    let mut purged: Vec<String> = purged.map(|table| (*table).to_owned()).collect();
    purged.sort();
    assert_eq!(
        of_a_call, purged,
        "a table with a column `call` must be in OF_A_CALL, OF_ITS_COURSE or OF_ITSELF, or name the column otherwise"
    );
}

#[tokio::test]
async fn a_recording_that_is_held_is_not_replaced() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.upload(&call, &wav(1, 16_000, &[0; 32_000])).await.unwrap();
    let failed = world.settled(&call).await;
    assert_eq!(failed.state(), CallState::Failed);
    let before = world.stored();
    world.retention().set_legal_hold(hold(&call, true)).await.unwrap();
    let status = world.upload(&call, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "LEGAL_HOLD"));
    eventually("what was refused is gone", || async { (world.stored() == before).then_some(()) }).await;
    world.retention().set_legal_hold(hold(&call, false)).await.unwrap();
    world.upload(&call, &fixture("pcm.wav")).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_held_call_is_not_purged_until_it_is_released(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::with(backend, vec![("retention.interval", "10ms".to_owned())]).await;
    let call = world.call("c1").await;
    world.import(&call, &sample("discovery.vtt")).await.unwrap();
    let held = world.retention().set_legal_hold(hold(&call, true)).await.unwrap().into_inner();
    let shown = held.legal_hold.clone().unwrap();
    assert_eq!((shown.reason.as_str(), shown.set_by.as_str()), ("matter 17", "ada@brightledger.example"));
    let status = world.retention().purge_call(purge(&call)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "LEGAL_HOLD"));
    assert_eq!(expire_soon(&world, &call).await.legal_hold, held.legal_hold);
    // Another call with a later deadline goes first: the held one was looked at by then.
    let other = world.call("c2").await;
    expire_soon(&world, &other).await;
    state(&world, &other, CallState::Purged).await;
    assert_eq!(world.get(&call).await.state(), CallState::Transcribed);

    let stale = SetLegalHoldRequest { etag: "1".to_owned(), ..hold(&call, false) };
    assert_eq!(reason(&world.retention().set_legal_hold(stale).await.unwrap_err()), "VERSION_MISMATCH");
    let released = world.retention().set_legal_hold(hold(&call, false)).await.unwrap().into_inner();
    assert_eq!(released.legal_hold, None);
    state(&world, &call, CallState::Purged).await;
    let status = world.retention().set_legal_hold(hold(&call, true)).await.unwrap_err();
    assert_eq!(reason(&status), "STATE_CONFLICT");
}

/// Sets a deadline that the clock of the tests, which moves with every reading, soon passes.
async fn expire_soon(world: &World, call: &str) -> Call {
    let now = world.harness.clock().now() + chrono::Duration::milliseconds(150);
    let soon = Timestamp { seconds: now.timestamp(), nanos: now.timestamp_subsec_nanos() as i32 };
    let request = UpdateCallRequest {
        call: Some(Call { name: call.to_owned(), expire_time: Some(soon), ..Call::default() }),
        update_mask: Some(FieldMask { paths: vec!["expire_time".to_owned()] }),
        ..Default::default()
    };
    world.api(world.admin()).update_call(request).await.unwrap().into_inner()
}

async fn state(world: &World, call: &str, wanted: CallState) -> Call {
    eventually("the call is in the state", || async {
        let call = world.get(call).await;
        (call.state() == wanted).then_some(call)
    })
    .await
}

#[rstest]
#[tokio::test]
async fn a_call_goes_when_its_deadline_has_passed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let settings = vec![("retention.interval", "10ms".to_owned()), ("retention.default", "30d".to_owned())];
    let world = World::with(backend, settings).await;
    let began = Timestamp { seconds: 1_780_000_000, nanos: 0 };
    let created = |start_time| CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(Call { start_time, ..Call::default() }),
        ..Default::default()
    };
    let call = world.manager().create_call(created(Some(began))).await.unwrap().into_inner();
    assert_eq!(call.expire_time, Some(Timestamp { seconds: began.seconds + 30 * 86_400, nanos: 0 }));
    let undated = world.manager().create_call(created(None)).await.unwrap().into_inner();
    let (created_at, expires_at) = (undated.create_time.unwrap(), undated.expire_time.unwrap());
    assert_eq!((expires_at.seconds - created_at.seconds, expires_at.nanos), (30 * 86_400, created_at.nanos));

    expire_soon(&world, &call.name).await;
    let gone = state(&world, &call.name, CallState::Purged).await;
    let receipt = complete(&world, &gone.purge_receipt).await;
    assert_eq!((receipt.cause(), receipt.reason.as_str(), receipt.purged_by.as_str()), (PurgeCause::Expired, "", ""));
    assert_eq!(world.get(&undated.name).await.state(), CallState::Created);
}

#[rstest]
#[tokio::test]
async fn a_purge_wins_over_a_transcription_under_way(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    world.upload(&call, &talk_wav(60)).await.unwrap();
    state(&world, &call, CallState::Transcribing).await;
    let purged = world.retention().purge_call(purge(&call)).await.unwrap().into_inner();
    let receipt = complete(&world, &purged.name).await;
    assert_eq!((receipt.objects.len(), receipt.revisions), (1, 0));
    // The worker is free again, so it has given the purged call up.
    let next = world.call("c2").await;
    world.upload(&next, &fixture("pcm.wav")).await.unwrap();
    assert_eq!(world.settled(&next).await.state(), CallState::Transcribed);
    assert_eq!(world.get(&call).await.state(), CallState::Purged);
    assert_eq!(world.told(1).await.len(), 1);
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn a_purged_call_takes_nothing_any_more() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    world.retention().purge_call(purge(&call)).await.unwrap();
    let refusals: [Status; 3] = [
        world.import(&call, &sample("discovery.vtt")).await.unwrap_err(),
        world.upload(&call, &fixture("pcm.wav")).await.unwrap_err(),
        world
            .manager()
            .update_call(UpdateCallRequest {
                call: Some(Call { name: call.clone(), participants: people(), ..Call::default() }),
                update_mask: Some(FieldMask { paths: vec!["participants".to_owned()] }),
                ..Default::default()
            })
            .await
            .unwrap_err(),
    ];
    for status in refusals {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_CONFLICT"));
    }
    assert_eq!(world.files(), 0);
}

#[tokio::test]
async fn only_administrators_hold_and_purge_and_a_reason_is_asked_for() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    for roles in [["rep"], ["manager"], ["revops"]] {
        let token = world.harness.token(REP, &roles);
        let mut api = throughline_proto::transcription::v1::retention_service_client::RetentionServiceClient::new(
            world.served.peer(token),
        );
        assert_eq!(api.purge_call(purge(&call)).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(api.set_legal_hold(hold(&call, true)).await.unwrap_err().code(), Code::PermissionDenied);
    }
    let status = world.retention().purge_call(PurgeCallRequest::default()).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2);
    let status = world.retention().purge_call(purge("workspaces/demo/calls/none")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn receipts_are_listed_newest_first(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let mut purged = Vec::new();
    for n in 0..3 {
        let call = world.call(&format!("c{n}")).await;
        purged.push(world.retention().purge_call(purge(&call)).await.unwrap().into_inner());
    }
    purged.reverse();
    let all = ListPurgeReceiptsRequest { parent: PARENT.to_owned(), page_size: 2, ..Default::default() };
    let first = world.retention().list_purge_receipts(all.clone()).await.unwrap().into_inner();
    let rest = ListPurgeReceiptsRequest { page_token: first.next_page_token, ..all.clone() };
    let second = world.retention().list_purge_receipts(rest).await.unwrap().into_inner();
    let listed: Vec<String> = first.receipts.into_iter().chain(second.receipts).map(|receipt| receipt.name).collect();
    assert_eq!(listed, purged.iter().map(|receipt| receipt.name.clone()).collect::<Vec<_>>());
    let of_one = ListPurgeReceiptsRequest { call: format!("{PARENT}/calls/c1"), ..all };
    let found = world.retention().list_purge_receipts(of_one).await.unwrap().into_inner();
    assert_eq!(found.receipts, [receipt(&world, &purged[1].name).await]);
}
