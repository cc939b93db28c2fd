//! Calls: created, read, listed.

use rstest::rstest;
use throughline_proto::common::v1::{AccountContext, DealContext};
use throughline_proto::transcription::v1::{Call, CallState, CreateCallRequest, GetCallRequest, ListCallsRequest};
use throughline_testkit::Backend;
use tonic::Code;

use crate::world::{PARENT, World, people, reason, violations};

fn create(id: &str, call: Call) -> CreateCallRequest {
    CreateCallRequest { parent: PARENT.to_owned(), call: Some(call), call_id: id.to_owned(), ..Default::default() }
}

fn whole() -> Call {
    Call {
        title: "Northmoor - first call".to_owned(),
        call_type: "discovery".to_owned(),
        start_time: Some(prost_types::Timestamp { seconds: 1_773_144_000, nanos: 0 }),
        time_zone: "Europe/London".to_owned(),
        participants: people(),
        account: Some(AccountContext {
            name: "Northmoor".to_owned(),
            industry: "banking".to_owned(),
            employees: Some(2_300),
            regulated: Some(true),
            segment: "regulated_enterprise".to_owned(),
        }),
        deal: Some(DealContext {
            id: "D-104".to_owned(),
            stage: "discovery".to_owned(),
            amount: Some(180_000.0),
            currency: "GBP".to_owned(),
            close_date: "2026-06-30".to_owned(),
        }),
        ..Call::default()
    }
}

#[rstest]
#[tokio::test]
async fn a_call_is_read_as_it_was_told(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let created = world.manager().create_call(create("c1", whole())).await.unwrap().into_inner();
    assert_eq!(created.name, "workspaces/demo/calls/c1");
    assert_eq!(created.state(), CallState::Created);
    let expected = Call {
        name: created.name.clone(),
        state: CallState::Created.into(),
        create_time: created.create_time,
        etag: created.etag.clone(),
        ..whole()
    };
    assert_eq!(created, expected);
    assert_eq!(world.get(&created.name).await, expected);
}

#[rstest]
#[tokio::test]
async fn an_id_is_made_when_none_is_given_and_none_is_given_twice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut api = world.manager();
    let one = api.create_call(create("", Call::default())).await.unwrap().into_inner();
    let two = api.create_call(create("", Call::default())).await.unwrap().into_inner();
    assert_ne!(one.name, two.name);
    world.call("c1").await;
    let status = api.create_call(create("c1", Call::default())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "RESOURCE_EXISTS"));
}

#[tokio::test]
async fn every_violation_is_listed() {
    let world = World::start(Backend::Sqlite).await;
    let mut call = whole();
    call.time_zone = "Nowhere".to_owned();
    call.participants[1].side = 9;
    call.participants[1].channel = Some(0);
    call.deal.as_mut().unwrap().close_date = "soon".to_owned();
    let status = world.manager().create_call(create("Bad Id", call)).await.unwrap_err();
    let mut fields: Vec<String> = violations(&status).iter().map(|v| v.split(':').next().unwrap().to_owned()).collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "call.deal.close_date",
            "call.participants[1].channel",
            "call.participants[1].side",
            "call.time_zone",
            "call_id"
        ]
    );
    let status = world.manager().create_call(CreateCallRequest::default()).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2, "{status:?}");
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_id_creates_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let mut api = world.manager();
    let request = CreateCallRequest { request_id: "r-1".to_owned(), ..create("", whole()) };
    let first = api.create_call(request.clone()).await.unwrap().into_inner();
    assert_eq!(api.create_call(request.clone()).await.unwrap().into_inner(), first);
    let mut other = request;
    other.call.as_mut().unwrap().title = "another".to_owned();
    let status = api.create_call(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
}

async fn list(world: &World, request: ListCallsRequest) -> (Vec<String>, String) {
    let page = world.manager().list_calls(request).await.unwrap().into_inner();
    let id = |call: &Call| call.name.rsplit('/').next().unwrap().to_owned();
    (page.calls.iter().map(id).collect(), page.next_page_token)
}

#[rstest]
#[tokio::test]
async fn lists_are_newest_first_page_by_page_and_by_deal(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    for n in 0..5 {
        let id = if n % 2 == 0 { "D-1" } else { "D-2" };
        let deal = DealContext { id: id.to_owned(), ..Default::default() };
        let call = Call { deal: Some(deal), ..Call::default() };
        world.manager().create_call(create(&format!("c{n}"), call)).await.unwrap();
    }
    let all = ListCallsRequest { parent: PARENT.to_owned(), page_size: 2, ..Default::default() };
    let (first, token) = list(&world, all.clone()).await;
    let (second, token) = list(&world, ListCallsRequest { page_token: token, ..all.clone() }).await;
    let (third, end) = list(&world, ListCallsRequest { page_token: token.clone(), ..all.clone() }).await;
    assert_eq!([first, second, third].concat(), ["c4", "c3", "c2", "c1", "c0"]);
    assert_eq!(end, "");
    let of_deal = ListCallsRequest { deal_id: "D-1".to_owned(), page_size: 0, ..all };
    assert_eq!(list(&world, of_deal.clone()).await.0, ["c4", "c2", "c0"]);
    let status = world.manager().list_calls(ListCallsRequest { page_token: token, ..of_deal }).await.unwrap_err();
    assert_eq!(reason(&status), "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_a_wrong_name_is_invalid() {
    let world = World::start(Backend::Sqlite).await;
    let get = |name: &str| GetCallRequest { name: name.to_owned() };
    let status = world.manager().get_call(get("workspaces/demo/calls/none")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    let status = world.manager().get_call(get("calls/none")).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
