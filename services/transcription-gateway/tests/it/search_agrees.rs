//! SQLite, PostgreSQL and a look at every turn find the same.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use throughline_store::Db;
use throughline_testkit::{Backend, TestDb};
use tokio::runtime::Runtime;
use transcription_gateway::domain::call::{Details, Side};
use transcription_gateway::domain::transcript::{Draft, Punctuation, Separation, Source, Speaker, Turn};
use transcription_gateway::search::{self, Query};
use transcription_gateway::store::search::{Filter, Request, find, index};
use transcription_gateway::store::{SCHEMA, calls, migrations, transcripts};

/// Words that meet in stems, accents, punctuation and what databases take for their own.
const WORDS: [&str; 24] = [
    "price",
    "Prices,",
    "pricing",
    "the",
    "The",
    "prïce",
    "e-mail",
    "mail",
    "node.js",
    "3.5",
    "don't",
    "don’t",
    "OR",
    "AND",
    "NEAR",
    "a:b",
    "'x'",
    "\\",
    "日本語",
    "Straße",
    "strasse",
    "ﬁne",
    "secure",
    "security?",
];

fn text() -> impl Strategy<Value = String> {
    let usual = prop::collection::vec(prop::sample::select(WORDS.as_slice()), 0..7).prop_map(|words| words.join(" "));
    prop_oneof![
        9 => usual.clone(),
        // More often than a position is kept, and after that something else.
        1 => (190_usize..260, usual).prop_map(|(count, usual)| format!("{}{usual}", "the ".repeat(count))),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let word = || prop::sample::select(WORDS.as_slice());
    let phrase = || prop::collection::vec(word(), 1..4).prop_map(|words| format!("\"{}\"", words.join(" ")));
    let prefix =
        || prop::sample::select(["pri*", "se*", "日本*", "don'*", "str*", "3.*"].as_slice()).prop_map(str::to_owned);
    let term = || prop_oneof![4 => word().prop_map(str::to_owned), 2 => phrase(), 1 => prefix()];
    let clause = prop_oneof![
        4 => term(),
        1 => term().prop_map(|term| format!("-{term}")),
        1 => (term(), term()).prop_map(|(a, b)| format!("{a} OR {b}")),
    ];
    prop::collection::vec(clause, 0..4).prop_map(|clauses| clauses.join(" "))
}

/// A call's turns, each with its side.
fn corpus() -> impl Strategy<Value = Vec<Vec<(Side, String)>>> {
    let side = prop::sample::select([Side::Rep, Side::Buyer, Side::Unknown].as_slice());
    prop::collection::vec(prop::collection::vec((side, text()), 0..6), 1..4)
}

async fn write(db: &Db, workspace: &str, corpus: &[Vec<(Side, String)>]) {
    for (number, turns) in corpus.iter().enumerate() {
        let turn = |(side, text): &(Side, String)| Turn {
            speaker: Speaker { side: *side, ..Speaker::default() },
            text: text.clone(),
            ..Turn::default()
        };
        let draft = Draft {
            separation: Separation::NotNeeded,
            source: Source::Import,
            engine: String::new(),
            language: String::new(),
            punctuation: Punctuation::Unknown,
            turns: turns.iter().map(turn).collect(),
            duration_ms: 0,
            broke_off_at: None,
        };
        let now = chrono::DateTime::from_timestamp(1_000 + number as i64, 0).unwrap();
        let tx = db.begin().await.unwrap();
        let call =
            calls::insert(&tx, (workspace, &format!("c{number}")), &Details::default(), None, None, now).await.unwrap();
        let row = transcripts::insert(&tx, &call, &draft, "", now).await.unwrap();
        index(&tx, &call, row.number, &draft.turns).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn found(db: &Db, workspace: &str, query: &Query, side: Option<Side>, limit: usize) -> Vec<(String, i32)> {
    let filter = Filter { workspace, side, ..Filter::default() };
    let found = find(db, &Request { query, filter, below: None, limit }).await.unwrap();
    found.into_iter().map(|found| (found.call, found.position)).collect()
}

fn looked_at(corpus: &[Vec<(Side, String)>], query: &Query, side: Option<Side>, limit: usize) -> Vec<(String, i32)> {
    let turns = corpus.iter().enumerate().rev().flat_map(|(number, turns)| {
        turns.iter().enumerate().map(move |(position, turn)| (format!("c{number}"), position as i32, turn))
    });
    let matching =
        turns.filter(|(_, _, (of, text))| side.is_none_or(|side| side == *of) && search::find(query, text).is_some());
    matching.take(limit).map(|(call, position, _)| (call, position)).collect()
}

#[test]
fn both_databases_find_what_a_look_at_every_turn_finds() {
    let runtime = Runtime::new().unwrap();
    let (sqlite, postgres) =
        runtime.block_on(async { (TestDb::start(Backend::Sqlite).await, TestDb::start(Backend::Postgres).await) });
    let [one, two] = [&sqlite, &postgres].map(|db| runtime.block_on(db.migrated(SCHEMA, migrations)));
    let next = AtomicU32::new(0);
    let side = prop::option::of(prop::sample::select([Side::Rep, Side::Buyer].as_slice()));
    let cases = (corpus(), prop::collection::vec((query(), side, 1_usize..20), 8));
    let mut runner = TestRunner::new(Config { cases: 48, max_shrink_iters: 200, ..Config::default() });
    let checked = AtomicU32::new(0);
    let result = runner.run(&cases, |(corpus, queries)| {
        // A workspace each: what others said must not be found.
        let workspace = format!("w{}", next.fetch_add(1, Ordering::Relaxed));
        runtime.block_on(async {
            write(&one, &workspace, &corpus).await;
            write(&two, &workspace, &corpus).await;
            for (text, side, limit) in queries {
                let Ok(query) = Query::parse(&text) else { continue };
                let expected = looked_at(&corpus, &query, side, limit);
                checked.fetch_add(u32::from(!expected.is_empty()), Ordering::Relaxed);
                prop_assert_eq!(&found(&one, &workspace, &query, side, limit).await, &expected, "sqlite: {}", text);
                prop_assert_eq!(&found(&two, &workspace, &query, side, limit).await, &expected, "postgres: {}", text);
            }
            Ok(())
        })
    });
    result.unwrap();
    // Most queries must find something, or little is compared.
    assert!(checked.into_inner() > 100);
}
