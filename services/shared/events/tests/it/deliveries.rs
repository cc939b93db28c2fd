//! The RPCs for people who operate the mesh.

use rstest::rstest;
use throughline_proto::events::v1::{DeliveryState, ListDeliveriesRequest, RetryDeliveryRequest};
use throughline_testkit::Backend;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::consumer::Fault;
use crate::mesh::{Mesh, quick};

fn list(page_size: i32, page_token: &str, state: DeliveryState) -> ListDeliveriesRequest {
    let parent = "workspaces/demo".to_owned();
    ListDeliveriesRequest { parent, page_size, page_token: page_token.to_owned(), state: state.into() }
}

#[rstest]
#[tokio::test]
async fn lists_by_state_page_by_page_with_event_and_error(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mesh = Mesh::start(backend).await;
    for n in 0..7 {
        mesh.publish(&format!("k{n}"), &format!("e{n}")).await;
    }
    mesh.keeper.fail("e3", vec![Fault::Refuse(Code::InvalidArgument); 9]);
    mesh.relay_until_settled(&quick(), 1).await;
    let mut client = mesh.deliveries(&["revops"]);
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let page = client.list_deliveries(list(3, &token, DeliveryState::Unspecified)).await.unwrap().into_inner();
        assert!(page.deliveries.len() <= 3);
        seen.extend(page.deliveries);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let keys: Vec<String> = seen.iter().map(|d| d.event.clone().unwrap().ordering_key).collect();
    assert_eq!(keys, ["k0", "k1", "k2", "k3", "k4", "k5", "k6"]);
    let parked = client.list_deliveries(list(0, "", DeliveryState::Parked)).await.unwrap().into_inner().deliveries;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].event.as_ref().unwrap().ordering_key, "k3");
    assert_eq!((parked[0].consumer.as_str(), parked[0].attempts), ("forecast", 2));
    assert!(parked[0].last_error.contains("STATE_CONFLICT") && parked[0].next_attempt_time.is_none(), "{parked:?}");
    assert!(
        client.list_deliveries(list(0, "", DeliveryState::Pending)).await.unwrap().into_inner().deliveries.is_empty()
    );
}

#[rstest]
#[tokio::test]
async fn refuses_what_is_wrong_and_says_what(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let mesh = Mesh::start(backend).await;
    mesh.publish("a", "a0").await;
    mesh.publish("b", "b0").await;
    let mut client = mesh.deliveries(&["revops"]);

    let bad = ListDeliveriesRequest { parent: "demo".to_owned(), state: 99, ..list(0, "", DeliveryState::Parked) };
    let status = client.list_deliveries(bad).await.unwrap_err();
    let details = status.get_error_details();
    let fields: Vec<&str> = details.bad_request().unwrap().field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!((status.code(), fields), (Code::InvalidArgument, vec!["parent", "state"]));

    let page = client.list_deliveries(list(1, "", DeliveryState::Unspecified)).await.unwrap().into_inner();
    let of_another_filter = list(1, &page.next_page_token, DeliveryState::Parked);
    assert_eq!(client.list_deliveries(of_another_filter).await.unwrap_err().code(), Code::InvalidArgument);

    let retry = |name: &str| RetryDeliveryRequest { name: name.to_owned() };
    let pending = page.deliveries[0].name.clone();
    let expected = [
        ("workspaces/demo/deliveries", Code::InvalidArgument),
        ("workspaces/demo/deliveries/nonsense", Code::NotFound),
        ("workspaces/demo/deliveries/999.forecast", Code::NotFound),
        ("workspaces/acme/deliveries/1.forecast", Code::PermissionDenied),
        (pending.as_str(), Code::FailedPrecondition),
    ];
    for (name, code) in expected {
        assert_eq!(client.retry_delivery(retry(name)).await.unwrap_err().code(), code, "{name}");
    }
    let status = mesh.deliveries(&["rep"]).list_deliveries(list(0, "", DeliveryState::Parked)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}
