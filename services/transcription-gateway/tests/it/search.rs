//! Turns found by their words.

use rstest::rstest;
use throughline_proto::common::v1::Side;
use throughline_proto::transcription::v1::search_service_client::SearchServiceClient;
use throughline_proto::transcription::v1::{SearchOrder, SearchTurnsRequest, SearchTurnsResponse, TurnFilter, TurnHit};
use throughline_rpc::client::Peer;
use throughline_testkit::{Backend, eventually};
use tonic::{Code, Status};

use crate::sound::sample;
use crate::world::{PARENT, REP, World, reason, violations};

impl World {
    pub fn search_as_manager(&self) -> SearchServiceClient<Peer> {
        SearchServiceClient::new(self.served.peer(self.harness.token("mia@brightledger.example", &["manager"])))
    }

    pub async fn search(&self, request: SearchTurnsRequest) -> Result<SearchTurnsResponse, Status> {
        self.search_as_manager().search_turns(request).await.map(tonic::Response::into_inner)
    }

    /// `call/turn` of all that is found.
    pub async fn found(&self, query: &str, filter: TurnFilter) -> Vec<String> {
        let filter = Some(filter);
        let request = SearchTurnsRequest { filter, page_size: 100, order: SearchOrder::Newest.into(), ..ask(query) };
        self.search(request).await.unwrap().hits.iter().map(place).collect()
    }

    /// A call with a turn for each text, of the two people by turns.
    pub async fn said(&self, call: &str, texts: &[&str]) -> String {
        let name = self.call(call).await;
        self.says(&name, texts).await;
        name
    }

    /// The next transcript of a call.
    pub async fn says(&self, call: &str, texts: &[&str]) {
        let mut file = "WEBVTT\n\n".to_owned();
        for (index, text) in texts.iter().enumerate() {
            let who = if index % 2 == 0 { "Priya Raman" } else { "Tom Ashworth" };
            file.push_str(&format!("{index:02}:01.000 --> {index:02}:02.000\n<v {who}>{text}</v>\n\n"));
        }
        self.import(call, file.as_bytes()).await.unwrap();
    }
}

pub fn ask(query: &str) -> SearchTurnsRequest {
    SearchTurnsRequest { parent: PARENT.to_owned(), query: query.to_owned(), ..Default::default() }
}

pub fn place(hit: &TurnHit) -> String {
    format!("{}/{}", hit.call.rsplit('/').next().unwrap(), hit.turn)
}

fn matches(hit: &TurnHit) -> Vec<&str> {
    hit.matches.iter().map(|span| &hit.text[span.start as usize..span.end as usize]).collect()
}

#[rstest]
#[tokio::test]
async fn a_turn_is_found_with_who_said_it_when_and_where(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let transcript = world.import(&call, &sample("discovery.vtt")).await.unwrap();
    let answer = world.search(ask("downloads \"four files\" OR nonsense")).await.unwrap();
    let [hit] = answer.hits.as_slice() else { panic!("{answer:?}") };
    let turn = &transcript.turns[hit.turn as usize];
    assert_eq!((&hit.call, &hit.transcript, &hit.text), (&call, &transcript.name, &turn.text));
    assert_eq!((hit.start_ms, hit.end_ms, hit.side()), (turn.start_ms, turn.end_ms, Side::Buyer));
    assert_eq!((hit.participant.as_str(), hit.speaker.as_str()), ("s2", "Tom Ashworth"));
    assert_eq!(matches(hit), ["download", "four files"]);
    assert!(hit.score > 0.0);
    assert_eq!(answer.next_page_token, "");
}

#[rstest]
#[tokio::test]
async fn only_the_latest_transcript_is_searched(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.said("c1", &["The price is fine.", "Which price?"]).await;
    assert_eq!(world.found("price", TurnFilter::default()).await, ["c1/0", "c1/1"]);
    world.says(&call, &["The budget is fine."]).await;
    assert!(world.found("price", TurnFilter::default()).await.is_empty());
    let answer = world.search(ask("budgets")).await.unwrap();
    assert_eq!(answer.hits[0].transcript, format!("{call}/transcripts/2"));
}

#[rstest]
#[tokio::test]
async fn the_newest_call_or_the_best_match_comes_first_page_by_page(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.said("c1", &["Price, price, price!", "No word of it."]).await;
    world.said("c2", &["What would the price be for all of us in the second year?", "The pricing?"]).await;
    world.said("c3", &["The price."]).await;
    for (order, expected) in [
        (SearchOrder::Newest, ["c3/0", "c2/0", "c2/1", "c1/0"]),
        (SearchOrder::Relevance, ["c1/0", "c3/0", "c2/1", "c2/0"]),
    ] {
        let mut request = SearchTurnsRequest { order: order.into(), page_size: 1, ..ask("price") };
        let mut seen = Vec::new();
        loop {
            let page = world.search(request.clone()).await.unwrap();
            seen.extend(page.hits.iter().map(place));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, expected, "{order:?}");
        let other = SearchTurnsRequest { query: "pricing".to_owned(), ..request };
        assert_eq!(reason(&world.search(other).await.unwrap_err()), "PAGE_TOKEN_INVALID");
    }
}

#[rstest]
#[tokio::test]
async fn an_empty_query_finds_every_turn_and_an_exclusion_all_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.said("c1", &["One.", "Two.", "Three."]).await;
    assert_eq!(world.found("", TurnFilter::default()).await, ["c1/0", "c1/1", "c1/2"]);
    assert_eq!(world.found("-two", TurnFilter::default()).await, ["c1/0", "c1/2"]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let world = World::start(Backend::Sqlite).await;
    let filter = TurnFilter {
        side: 9,
        rep: "workspaces/other/reps/r1".to_owned(),
        call: "c1".to_owned(),
        start_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
        behavior: Some(Default::default()),
        ..TurnFilter::default()
    };
    let request = SearchTurnsRequest { filter: Some(filter), order: 7, ..ask("\"open -") };
    let status = world.search(request).await.unwrap_err();
    let mut fields: Vec<String> = violations(&status).iter().map(|v| v.split(':').next().unwrap().to_owned()).collect();
    fields.sort();
    let expected = [
        "filter.behavior.behavior_id",
        "filter.behavior.outcome",
        "filter.call",
        "filter.rep",
        "filter.side",
        "filter.start_time",
        "order",
        "query",
    ];
    assert_eq!((status.code(), fields), (Code::InvalidArgument, expected.map(str::to_owned).to_vec()));
}

#[rstest]
#[tokio::test]
async fn a_rep_finds_turns_of_its_own_calls(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.said("c1", &["The price."]).await;
    let as_rep = |email: &'static str| {
        let mut client = SearchServiceClient::new(world.served.peer(world.harness.token(email, &["rep"])));
        async move { client.search_turns(ask("price")).await.unwrap().into_inner().hits.len() }
    };
    assert_eq!(as_rep(REP).await, 1);
    assert_eq!(as_rep("jo.lind@brightledger.example").await, 0);
}

#[rstest]
#[tokio::test]
async fn a_call_that_is_gone_is_not_found(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    world.said("c1", &["The price."]).await;
    world.said("c2", &["The price."]).await;
    world.execute("DELETE FROM call WHERE id = 'c1'").await;
    assert_eq!(world.found("price", TurnFilter::default()).await, ["c2/0"]);
    // The place it had can be taken again.
    world.said("c1", &["Another price."]).await;
    assert_eq!(world.found("price", TurnFilter::default()).await, ["c1/0", "c2/0"]);
    // Nor is one that stays without its words.
    world.execute("UPDATE call SET transcript = 0 WHERE id = 'c2'").await;
    world.execute("DELETE FROM transcript WHERE call = 'c2'").await;
    assert_eq!(world.found("price", TurnFilter::default()).await, ["c1/0"]);
}

#[rstest]
#[tokio::test]
async fn transcripts_of_before_are_indexed_while_the_service_runs(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    for n in 0..60 {
        world.said(&format!("c{n}"), &["The price."]).await;
    }
    world.execute("DELETE FROM search_call WHERE call <> 'c7'").await;
    // As words are found by an earlier version.
    world.execute("UPDATE search_call SET version = 0").await;
    let found = || async {
        let found = world.found("price", TurnFilter::default()).await;
        (found.len() == 60).then_some(found)
    };
    eventually("all calls are searchable", found).await;
}
