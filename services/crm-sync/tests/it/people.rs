//! Whom addresses and names lead to.

use rstest::rstest;
use throughline_proto::crm::v1 as pb;
use throughline_proto::crm::v1::PersonMatch;
use throughline_testkit::Backend;
use tonic::Code;

use crate::export::Export;
use crate::world::World;

fn query(email: &str, name: &str) -> pb::PersonQuery {
    pb::PersonQuery { email: email.to_owned(), name: name.to_owned() }
}

fn request(queries: Vec<pb::PersonQuery>) -> pb::SearchPeopleRequest {
    pb::SearchPeopleRequest { parent: "workspaces/demo".to_owned(), queries }
}

#[rstest]
#[tokio::test]
async fn people_are_known_by_address_domain_and_name(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.import(&Export::sample()).await.unwrap();
    let northmoor = "workspaces/demo/accounts/northmoor";
    let cases = [
        (query("Priya.Raman@BrightLedger.example", ""), PersonMatch::User, ""),
        (query("tom.ashworth@northmoor.example", "Priya Raman"), PersonMatch::Contact, northmoor),
        (query("new.colleague@brightledger.example", ""), PersonMatch::UserDomain, ""),
        (query("somebody@post.northmoor.example", ""), PersonMatch::AccountDomain, northmoor),
        (query("", "daniel okafor"), PersonMatch::UserName, ""),
        (query("helen@elsewhere.example", "Helen Sykes"), PersonMatch::ContactName, northmoor),
        (query("", "Helen"), PersonMatch::Unspecified, ""),
        (query("x@elsewhere.example", "Ann Other"), PersonMatch::Unspecified, ""),
    ];
    let asked = request(cases.iter().map(|(query, ..)| query.clone()).collect());
    let people = world.records().search_people(asked).await.unwrap().into_inner().people;
    let found: Vec<_> = people.iter().map(|person| (person.r#match(), person.account.as_str())).collect();
    assert_eq!(found, cases.iter().map(|(_, by, account)| (*by, *account)).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test]
async fn a_search_for_nobody_or_too_many_is_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    for queries in [Vec::new(), vec![query("", "")], vec![query("a@b.example", ""); 101]] {
        let refused = world.records().search_people(request(queries)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
