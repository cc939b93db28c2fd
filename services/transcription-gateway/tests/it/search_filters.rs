//! Turns found by what is known of their calls, and by behaviors.

use rstest::rstest;
use throughline_proto::common::v1::{AccountContext, DealContext, Side};
use throughline_proto::playbook::v1::behavior_result::Outcome;
use throughline_proto::transcription::v1::{
    BehaviorFilter, BehaviorOutcome, Call, CreateCallRequest, TurnFilter, UpdateCallRequest,
};
use throughline_testkit::Backend;
use tonic::Code;

use crate::evaluator::evaluation;
use crate::world::{PARENT, World, people};

async fn call(world: &World, id: &str, seconds: i64, deal: &str, account: &str, call_type: &str) {
    let call = Call {
        participants: people(),
        start_time: Some(prost_types::Timestamp { seconds, nanos: 500_000_000 }),
        deal: Some(DealContext { id: deal.to_owned(), ..Default::default() }),
        account: Some(AccountContext { name: account.to_owned(), ..Default::default() }),
        call_type: call_type.to_owned(),
        ..Call::default()
    };
    let request =
        CreateCallRequest { parent: PARENT.to_owned(), call: Some(call), call_id: id.to_owned(), ..Default::default() };
    let name = world.manager().create_call(request).await.unwrap().into_inner().name;
    world.says(&name, &["Our price.", "Your price?"]).await;
}

fn moment(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

#[rstest]
#[tokio::test]
async fn each_filter_leaves_what_it_names(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    // Imported in another order than they took place.
    call(&world, "c2", 2_000, "D-2", "Café Nørd  Ltd", "demo").await;
    call(&world, "c1", 1_000, "D-1", "Northmoor", "discovery").await;
    call(&world, "c3", 3_000, "D-1", "Northmoor", "demo").await;
    let all = TurnFilter::default;
    let text = str::to_owned;
    let c = |calls: &[&str]| calls.iter().flat_map(|c| [format!("{c}/0"), format!("{c}/1")]).collect::<Vec<_>>();
    for (filter, expected) in [
        (all(), c(&["c3", "c2", "c1"])),
        (TurnFilter { side: Side::Buyer.into(), ..all() }, vec![text("c3/1"), text("c2/1"), text("c1/1")]),
        (TurnFilter { speaker: text("PRIYA Raman"), deal_id: text("D-2"), ..all() }, vec![text("c2/0")]),
        (
            TurnFilter { speaker: text("tom.ashworth@NORTHMOOR.example"), deal_id: text("D-2"), ..all() },
            vec![text("c2/1")],
        ),
        (TurnFilter { speaker: text("Tom"), ..all() }, vec![]),
        (TurnFilter { rep: text("workspaces/demo/reps/priya-raman"), ..all() }, c(&["c3", "c2", "c1"])),
        (TurnFilter { rep: text("workspaces/demo/reps/jo-lind"), ..all() }, vec![]),
        (TurnFilter { call: text("workspaces/demo/calls/c2"), ..all() }, c(&["c2"])),
        (TurnFilter { deal_id: text("D-1"), ..all() }, c(&["c3", "c1"])),
        (TurnFilter { account: text("cafe nord ltd"), ..all() }, c(&["c2"])),
        (TurnFilter { call_type: text("demo"), ..all() }, c(&["c3", "c2"])),
        (TurnFilter { call_type: text("demo"), deal_id: text("D-1"), ..all() }, c(&["c3"])),
        (TurnFilter { start_time: moment(2_000), ..all() }, c(&["c3", "c2"])),
        (TurnFilter { end_time: moment(2_000), ..all() }, c(&["c1"])),
        (TurnFilter { start_time: moment(1_001), end_time: moment(2_001), ..all() }, c(&["c2"])),
    ] {
        assert_eq!(world.found("price", filter.clone()).await, expected, "{filter:?}");
    }
    // What is changed of a call counts from then on.
    let changed = Call {
        name: format!("{PARENT}/calls/c1"),
        account: Some(AccountContext { name: text("Café Nørd Ltd"), ..Default::default() }),
        start_time: moment(9_000),
        ..Call::default()
    };
    let mask = Some(prost_types::FieldMask { paths: vec![text("account"), text("start_time")] });
    let update = UpdateCallRequest { call: Some(changed), update_mask: mask, ..Default::default() };
    world.manager().update_call(update).await.unwrap();
    let account = TurnFilter { account: text("cafe nord ltd"), ..all() };
    assert_eq!(world.found("price", account).await, c(&["c1", "c2"]));
}

fn behavior(id: &str, outcome: BehaviorOutcome, evidence_only: bool) -> TurnFilter {
    let behavior = BehaviorFilter {
        behavior_id: id.to_owned(),
        outcome: outcome.into(),
        evidence_only,
        playbook_id: String::new(),
    };
    TurnFilter { behavior: Some(behavior), ..TurnFilter::default() }
}

#[rstest]
#[tokio::test]
async fn turns_are_found_by_the_behaviors_of_their_calls(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    for id in ["c1", "c2"] {
        world.said(id, &["The price?", "A price.", "The price."]).await;
    }
    let transcript = |call: &str, n: u32| format!("workspaces/demo/calls/{call}/transcripts/{n}");
    world.evaluated("v1", evaluation("e1", &transcript("c1", 1), 9, &[("asks", Outcome::Observed, &[0, 2])])).await;
    world.evaluated("v2", evaluation("e2", &transcript("c2", 1), 9, &[("asks", Outcome::Missed, &[])])).await;
    let observed = || behavior("asks", BehaviorOutcome::Observed, false);
    let evidence = || behavior("asks", BehaviorOutcome::Observed, true);
    let missed = || behavior("asks", BehaviorOutcome::Missed, false);
    assert_eq!(world.found("price", observed()).await, ["c1/0", "c1/1", "c1/2"]);
    assert_eq!(world.found("price", evidence()).await, ["c1/0", "c1/2"]);
    assert_eq!(world.found("", evidence()).await, ["c1/0", "c1/2"]);
    assert_eq!(world.found("price", missed()).await, ["c2/0", "c2/1", "c2/2"]);
    assert!(world.found("price", behavior("other", BehaviorOutcome::Missed, false)).await.is_empty());

    // An older evaluation that comes late, and an event that comes twice, change nothing.
    world.evaluated("v3", evaluation("e3", &transcript("c1", 1), 8, &[("asks", Outcome::Missed, &[])])).await;
    world.evaluated("v1", evaluation("e1", &transcript("c1", 1), 99, &[("asks", Outcome::Missed, &[])])).await;
    assert_eq!(world.found("price", evidence()).await, ["c1/0", "c1/2"]);
    // A later one does, and one of an earlier transcript says nothing of the one that is searched.
    world.evaluated("v4", evaluation("e4", &transcript("c1", 1), 10, &[("asks", Outcome::Observed, &[1])])).await;
    assert_eq!(world.found("price", evidence()).await, ["c1/1"]);
    world.says("workspaces/demo/calls/c1", &["A price."]).await;
    assert!(world.found("price", observed()).await.is_empty());
}

#[tokio::test]
async fn evaluations_of_nothing_are_taken_and_foreign_ones_refused() {
    let world = World::start(Backend::Sqlite).await;
    let gone = evaluation("e1", "workspaces/demo/calls/gone/transcripts/1", 9, &[("asks", Outcome::Observed, &[0])]);
    world.evaluated("v1", gone).await;
    world.deliver("v2", "workspaces/demo/evaluations/none", "workspaces/demo/calls/gone").await.unwrap();
    let foreign = world.deliver("v3", "workspaces/other/evaluations/e1", "workspaces/demo/calls/gone").await;
    assert_eq!(foreign.unwrap_err().code(), Code::InvalidArgument);
}
