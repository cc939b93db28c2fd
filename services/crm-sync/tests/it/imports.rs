//! Exports come in whole or not at all, and what is wrong is said exactly.

use rstest::rstest;
use throughline_proto::crm::v1::{
    DateOrder, FieldAuthor, ImportFileChunk, ImportRecordsRequest, import_records_request::Message,
};
use throughline_testkit::Backend;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::export::Export;
use crate::world::World;

fn violations(status: &Status) -> Vec<(String, String)> {
    let details = status.get_details_bad_request().unwrap();
    details.field_violations.into_iter().map(|violation| (violation.field, violation.description)).collect()
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[rstest]
#[tokio::test]
async fn an_export_of_another_make_loads_whole(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let export = Export::new()
        .file("accounts.csv", "account,sector,employees\nCancity,retail,2448\n")
        .file("products.csv", "product,series,sales_price\nGTX Pro,GTX,4821\n")
        .file("sales_teams.csv", "sales_agent,manager,regional_office\nMoses Frase,Dustin Brinkmann,Central\n")
        .file("sales_pipeline.csv", Export::pipeline(1_200))
        .file("data_dictionary.csv", "accounts,,\n");
    let done = world.import(&export).await.unwrap();
    assert_eq!((done.accounts, done.users, done.deals, done.stage_changes), (1, 1, 1_200, 1_500));
    let warned = |what: &str| done.warnings.iter().any(|warning| warning.contains(what));
    assert!(warned("(200 rows)"), "opportunities without an account: {:#?}", done.warnings);
    assert!(warned("GTXPro") && warned("data_dictionary.csv") && warned("USD"), "{:#?}", done.warnings);
    let deal = world.deal("OPP4").await;
    assert_eq!(
        (deal.stage.as_str(), deal.open, deal.amount, deal.currency.as_str()),
        ("won", false, Some(504.0), "USD")
    );
    assert_eq!((deal.close_date.as_str(), deal.owner.as_str()), ("2026-03-17", "workspaces/demo/reps/moses-frase"));
    assert_eq!(deal.stage_history.iter().map(|change| change.stage.as_str()).collect::<Vec<_>>(), ["engaging", "won"]);
    assert_eq!(world.deal("OPP6").await.account, "");
    // One event for the whole import, and every deal under the number it names.
    let told = world.told_changes(1).await;
    assert_eq!((told.len(), told[0].sequence, told[0].deal.as_str()), (1, 1_200, ""));
    let first = world.changes_after(0).await;
    assert!(first.more && first.deals.len() == 500);
    let last = world.changes_after(1_000).await;
    assert!(!last.more && last.deals.len() == 200 && last.deals[199].sequence == 1_200);
}

#[rstest]
#[tokio::test]
async fn a_bad_date_in_row_1000_is_named_and_nothing_is_lost(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let good = Export::pipeline(2_000);
    world.import(&Export::new().file("sales_pipeline.csv", good.clone())).await.unwrap();
    let before = world.deal("OPP999").await;
    let bad: String = good
        .lines()
        .map(|line| {
            let line =
                if line.starts_with("OPP996,") { line.replace("3/17/2026", "31/02/2026") } else { line.to_owned() };
            line.replace(",Won,", ",Lost,") + "\n"
        })
        .collect();
    let status = world.import(&Export::new().file("sales_pipeline.csv", bad.replace("OPP996,", "OPP996b,"))).await;
    let status = status.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "IMPORT_INVALID"));
    let found = violations(&status);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "sales_pipeline.csv:998:close_date");
    assert!(found[0].1.starts_with("row 997: \"31/02/2026\" is not a date in M/D/YYYY"), "{}", found[0].1);
    assert_eq!(world.deal("OPP999").await, before);
    assert_eq!(world.deal("OPP0").await.stage, "won", "no good row of a bad export is stored");
    assert!(world.find_deal("OPP996b").await.is_err());
}

#[rstest]
#[tokio::test]
async fn thousands_of_bad_rows_fit_one_answer(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let bad = Export::pipeline(3_000).replace("GTXPro,", "GTXPro,Elsewhere ").replace(",Won,", ",Winning,");
    let status = world.import(&Export::new().file("sales_pipeline.csv", bad)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    let listed: usize = info.metadata["listed"].parse().unwrap();
    assert_eq!(info.metadata["errors"], "750");
    assert_eq!(violations(&status).len(), listed);
    assert!((20..=100).contains(&listed), "{listed}");
}

#[rstest]
#[tokio::test]
async fn the_same_export_again_changes_nothing_and_tells_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let before = world.deal("D-104").await;
    let again = world.import(&Export::sample()).await.unwrap();
    assert_eq!((again.accounts, again.contacts, again.deals, again.stage_changes, again.users), (0, 0, 0, 0, 0));
    assert_eq!((again.unchanged, again.kept), (80, 0));
    assert_eq!(world.deal("D-104").await, before);
    assert_eq!(world.told_changes(1).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_import_never_overwrites_what_a_person_set(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    world.set("D-098", "next_step", "Call Ruth").await;
    world.set("D-098", "close_date", "").await;
    let again = world.import(&Export::sample()).await.unwrap();
    assert_eq!(again.kept, 2);
    assert!(again.warnings.iter().any(|w| w.contains("D-098") && w.contains("Call Ruth")), "{:#?}", again.warnings);
    let deal = world.deal("D-098").await;
    let next_step = deal.fields.iter().find(|field| field.id == "next_step").unwrap();
    assert_eq!((next_step.value.as_str(), next_step.author()), ("Call Ruth", FieldAuthor::Person));
    assert_eq!(deal.close_date, "", "what a person emptied stays empty");
}

#[rstest]
#[tokio::test]
async fn validate_only_says_what_would_be_done_and_stores_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let would = world.import(&Export::sample().validate_only()).await.unwrap();
    assert_eq!((would.accounts, would.contacts, would.deals, would.users), (12, 25, 38, 5));
    assert_eq!(world.find_deal("D-104").await.unwrap_err().code(), Code::NotFound);
    world.import(&Export::sample()).await.unwrap();
    assert_eq!(world.changes_after(0).await.deals.len(), 38);
}

#[rstest]
#[tokio::test]
async fn a_repeat_of_a_request_is_answered_as_the_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let first = world.import(&Export::sample().request_id("r1")).await.unwrap();
    assert_eq!(world.import(&Export::sample().request_id("r1")).await.unwrap(), first);
    let other = Export::new().file("accounts.csv", "account\nElse\n").request_id("r1");
    let status = world.import(&other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
}

#[rstest]
#[tokio::test]
async fn dates_that_can_be_read_both_ways_need_the_option(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let export = Export::new().file("deals.csv", "id,stage,close_date\nD-1,discovery,3/4/2026\n");
    let status = world.import(&export).await.unwrap_err();
    assert!(violations(&status)[0].1.contains("set date_order"), "{status:?}");
    world.import(&export.order(DateOrder::Dmy)).await.unwrap();
    assert_eq!(world.deal("D-1").await.close_date, "2026-04-03");
}

#[rstest]
#[tokio::test]
async fn uploads_that_break_the_rules_are_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::with(backend, vec![("import.max_bytes", "1048576".to_owned())]).await;
    let code = async |export: Export| world.import(&export).await.unwrap_err().code();
    assert_eq!(code(Export::new()).await, Code::InvalidArgument);
    assert_eq!(code(Export::new().file("notes.txt", "hello")).await, Code::InvalidArgument);
    assert_eq!(code(Export::new().file("accounts.csv", "")).await, Code::InvalidArgument);
    assert_eq!(code(Export::new().file("accounts.csv", vec![b'x'; 2 << 20])).await, Code::ResourceExhausted);
    let twice =
        Export::new().file("accounts.csv", "account\nA\n").file("users.csv", "name\nB\n").file("accounts.csv", "C\n");
    assert_eq!(code(twice).await, Code::InvalidArgument);
    let mut wrong = Export::new().file("accounts.csv", "account\nA\n");
    wrong.header.parent = "workspaces/demo/deals/1".to_owned();
    wrong.header.default_currency = "euro".to_owned();
    wrong.header.date_order = 9;
    let status = world.import(&wrong).await.unwrap_err();
    assert_eq!(violations(&status).len(), 3, "every violation at once: {status:?}");
    let chunk = ImportFileChunk { file: "accounts.csv".to_owned(), data: vec![b'x'; 33 * 1024] };
    let no_header = vec![ImportRecordsRequest { message: Some(Message::Chunk(chunk.clone())) }];
    let status = world.records().import_records(Request::new(tokio_stream::iter(no_header))).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let mut large_chunk = Export::new().messages();
    large_chunk.push(ImportRecordsRequest { message: Some(Message::Chunk(chunk)) });
    let status = world.records().import_records(Request::new(tokio_stream::iter(large_chunk))).await.unwrap_err();
    assert_eq!(violations(&status)[0].0, "chunk.data");
}
