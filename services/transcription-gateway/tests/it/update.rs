//! Calls are changed field by field.

use prost_types::{FieldMask, Timestamp};
use rstest::rstest;
use throughline_proto::common::v1::{DealContext, Participant, Side};
use throughline_proto::transcription::v1::{Call, CreateCallRequest, ListCallsRequest, UpdateCallRequest};
use throughline_testkit::Backend;
use tonic::Code;

use crate::live;
use crate::sound::sample;
use crate::world::{PARENT, REP, World, people, reason, violations};

fn change(call: Call, paths: &[&str]) -> UpdateCallRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateCallRequest { call: Some(call), update_mask: Some(FieldMask { paths }), ..Default::default() }
}

fn seconds(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

#[rstest]
#[tokio::test]
async fn what_the_mask_names_is_set_and_nothing_else(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let name = world.call("c1").await;
    let before = world.get(&name).await;
    let wanted = Call {
        name: name.clone(),
        title: "Second call".to_owned(),
        call_type: "demo".to_owned(),
        deal: Some(DealContext { id: "D-9".to_owned(), ..Default::default() }),
        time_zone: "no zone, but not looked at".to_owned(),
        ..Call::default()
    };
    let tried = UpdateCallRequest { validate_only: true, ..change(wanted.clone(), &["title", "deal"]) };
    let would_be = world.manager().update_call(tried).await.unwrap().into_inner();
    assert_eq!(world.get(&name).await, before);
    let after = world.manager().update_call(change(wanted.clone(), &["title", "deal"])).await.unwrap().into_inner();
    assert_eq!(after, would_be);
    let expected =
        Call { title: wanted.title.clone(), deal: wanted.deal.clone(), etag: after.etag.clone(), ..before.clone() };
    assert_eq!(after, expected);
    assert_eq!(world.get(&name).await, expected);
    let of_deal = ListCallsRequest { parent: PARENT.to_owned(), deal_id: "D-9".to_owned(), ..Default::default() };
    assert_eq!(world.manager().list_calls(of_deal).await.unwrap().into_inner().calls.len(), 1);
    let emptied = Call { name: name.clone(), etag: after.etag, ..Call::default() };
    let emptied = world.manager().update_call(change(emptied, &["title", "deal"])).await.unwrap().into_inner();
    assert_eq!((emptied.title.as_str(), emptied.deal), ("", None));
}

#[rstest]
#[tokio::test]
async fn who_was_on_the_call_can_be_put_right(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let created = CreateCallRequest {
        parent: PARENT.to_owned(),
        call: Some(Call { participants: people(), ..Call::default() }),
        call_id: "c1".to_owned(),
        ..Default::default()
    };
    let creator = "jo.lind@brightledger.example";
    let name = world.rep(creator).create_call(created).await.unwrap().into_inner().name;
    let colleague = Participant {
        id: "s1".to_owned(),
        name: "Noor Haddad".to_owned(),
        side: Side::Rep.into(),
        email: "noor.haddad@brightledger.example".to_owned(),
        ..Default::default()
    };
    let wanted = Call { name: name.clone(), participants: vec![colleague], ..Call::default() };
    world.rep(creator).update_call(change(wanted, &["participants"])).await.unwrap();
    let get = || throughline_proto::transcription::v1::GetCallRequest { name: name.clone() };
    assert!(world.rep("noor.haddad@brightledger.example").get_call(get()).await.is_ok());
    assert!(world.rep(creator).get_call(get()).await.is_ok(), "it is the creator's whoever is on it");
    assert_eq!(world.rep(REP).get_call(get()).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_participant_who_speaks_stays() {
    let world = World::start(Backend::Sqlite).await;
    let name = world.call("c1").await;
    world.import(&name, &sample("discovery.vtt")).await.unwrap();
    let one = Call { name: name.clone(), participants: people()[..1].to_vec(), ..Call::default() };
    let status = world.manager().update_call(change(one, &["participants"])).await.unwrap_err();
    assert_eq!(violations(&status), ["call.participants: must keep `s2`, who speaks in a transcript"]);
}

#[tokio::test]
async fn nobody_is_taken_off_a_call_while_it_is_heard_who_speaks() {
    let world = World::start(Backend::Sqlite).await;
    let name = world.call("c1").await;
    let _stream = live::open(&world, live::header(&name)).await.unwrap();
    let one = Call { name: name.clone(), participants: people()[..1].to_vec(), ..Call::default() };
    let status = world.manager().update_call(change(one, &["participants"])).await.unwrap_err();
    assert_eq!(violations(&status), ["call.participants: must keep `s2` while a transcript is made"]);
    let third = Participant { id: "s3".to_owned(), ..Participant::default() };
    let more = Call { name, participants: people().into_iter().chain([third]).collect(), ..Call::default() };
    world.manager().update_call(change(more, &["participants"])).await.unwrap();
}

#[tokio::test]
async fn every_violation_is_listed() {
    let world = World::start(Backend::Sqlite).await;
    let wanted = Call {
        name: "calls/c1".to_owned(),
        time_zone: "Nowhere".to_owned(),
        expire_time: seconds(1),
        ..Call::default()
    };
    let request = change(wanted, &["time_zone", "expire_time", "state"]);
    let status = world.manager().update_call(request).await.unwrap_err();
    let found = violations(&status);
    assert_eq!(found.len(), 4, "{found:?}");
    let status = world.manager().update_call(change(Call::default(), &[])).await.unwrap_err();
    assert_eq!(violations(&status).len(), 2);
}

#[rstest]
#[tokio::test]
async fn a_stale_etag_changes_nothing_and_a_repeat_changes_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let name = world.call("c1").await;
    let etag = world.get(&name).await.etag;
    let titled =
        |title: &str| Call { name: name.clone(), title: title.to_owned(), etag: etag.clone(), ..Call::default() };
    let first = UpdateCallRequest { request_id: "r-1".to_owned(), ..change(titled("one"), &["title"]) };
    let answer = world.manager().update_call(first.clone()).await.unwrap().into_inner();
    let status = world.manager().update_call(change(titled("two"), &["title"])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "VERSION_MISMATCH"));
    assert_eq!(world.manager().update_call(first).await.unwrap().into_inner(), answer);
    assert_eq!(world.get(&name).await, answer);
}

#[tokio::test]
async fn only_an_administrator_says_when_a_call_is_removed() {
    let world = World::start(Backend::Sqlite).await;
    let name = world.call("c1").await;
    let later = Call { name: name.clone(), expire_time: seconds(1_900_000_000), ..Call::default() };
    let request = change(later.clone(), &["expire_time"]);
    let status = world.manager().update_call(request.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "ROLE_REQUIRED"));
    let created = CreateCallRequest { parent: PARENT.to_owned(), call: Some(later), ..Default::default() };
    assert_eq!(world.rep(REP).create_call(created).await.unwrap_err().code(), Code::PermissionDenied);
    let after = world.api(world.admin()).update_call(request).await.unwrap().into_inner();
    assert_eq!(after.expire_time, seconds(1_900_000_000));
    assert_eq!(world.get(&name).await, after);
}
