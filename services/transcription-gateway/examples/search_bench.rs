//! Measures the search on a made-up workspace, on SQLite and on PostgreSQL:
//!
//! `cargo run --release -p transcription-gateway --example search_bench -- [TURNS] [--queries N]`
//! Calls of 200 turns with 4 to 40 words each, drawn so that few words are frequent and most are rare, as in speech. Prints
//! one JSON object: microseconds to write and index a turn, and milliseconds of a search by kind, p50 and p95, from the
//! query's text to the turns in their order, without gRPC. PostgreSQL is the private one of the tests, or the one that
//! THROUGHLINE_TEST_POSTGRES_URL names.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

use std::time::Instant;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use throughline_store::Db;
use throughline_testkit::{Backend, TestDb};
use transcription_gateway::domain::call::{Account, Deal, Details, Participant, Side};
use transcription_gateway::domain::transcript::{Draft, Punctuation, Separation, Source, Speaker, Turn};
use transcription_gateway::search::{self, Query};
use transcription_gateway::store::behaviors::{self, BehaviorFound, Evaluated, Outcome};
use transcription_gateway::store::search::{Behavior, CallFilter, Filter, Request, find, index};
use transcription_gateway::store::{SCHEMA, calls, migrations, transcripts};

const WORKSPACE: &str = "bench";
const TURNS_A_CALL: usize = 200;
const WORDS: usize = 30_000;
/// As the service ranks them.
const CANDIDATES: usize = 1_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (mut turns, mut queries) = (200_000, 40);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--queries" => queries = arguments.next().context("--queries N")?.parse()?,
            count => turns = count.parse().context("TURNS")?,
        }
    }
    let mut report = Map::new();
    report.insert("turns".to_owned(), turns.into());
    for (name, backend) in [("sqlite", Backend::Sqlite), ("postgres", Backend::Postgres)] {
        let test_db = TestDb::start(backend).await;
        let db = test_db.migrated(SCHEMA, migrations).await;
        eprintln!("{name}: writing {turns} turns");
        let written = write(&db, turns / TURNS_A_CALL).await?;
        eprintln!("{name}: searching");
        report
            .insert(name.to_owned(), json!({"write_us_per_turn": written, "search_ms": measure(&db, queries).await?}));
    }
    println!("{}", serde_json::to_string_pretty(&Value::Object(report))?);
    Ok(())
}

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    /// The rank of a word: about as often as Zipf says.
    fn rank(&mut self) -> usize {
        let uniform = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((WORDS as f64).powf(uniform) - 1.0) as usize
    }
}

/// The word of a rank: syllables that tell ranks apart and have endings to stem.
fn word(rank: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su", "ta", "ve", "wi", "zo", "ka", "re"];
    const ENDINGS: [&str; 5] = ["n", "ning", "ns", "ned", "r"];
    let mut word = String::new();
    let mut rest = rank + 16;
    while rest > 0 {
        word.push_str(SYLLABLES[rest % 16]);
        rest /= 16;
    }
    word + ENDINGS[rank % 5]
}

fn sentence(dice: &mut Dice) -> String {
    let count = 4 + dice.below(37);
    let mut text: Vec<String> = (0..count).map(|_| word(dice.rank())).collect();
    // A phrase that people say now and then.
    if dice.below(200) == 0 {
        text.push("the security review".to_owned());
    }
    text.join(" ")
}

fn call(number: usize) -> Details {
    let person = |id: &str, name: String, side| Participant { id: id.to_owned(), name, side, ..Participant::default() };
    Details {
        start_time: DateTime::from_timestamp(1_700_000_000 + number as i64 * 600, 0),
        participants: vec![
            person("s1", format!("Rep {}", number % 50), Side::Rep),
            person("s2", format!("Buyer {}", number % 300), Side::Buyer),
        ],
        account: Account { name: format!("Account {}", number % 300), ..Account::default() },
        deal: Deal { id: format!("D-{}", number % 400), ..Deal::default() },
        ..Details::default()
    }
}

/// Microseconds a turn.
async fn write(db: &Db, count: usize) -> anyhow::Result<u64> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut spent = std::time::Duration::ZERO;
    for number in 0..count {
        let turn = |index: usize| Turn {
            speaker: Speaker {
                participant: Some(if index.is_multiple_of(2) { "s1" } else { "s2" }.to_owned()),
                side: if index.is_multiple_of(2) { Side::Rep } else { Side::Buyer },
                confidence: 1.0,
            },
            start_ms: index as u64 * 5_000,
            end_ms: index as u64 * 5_000 + 4_000,
            text: sentence(&mut dice),
            ..Turn::default()
        };
        let draft = Draft {
            separation: Separation::NotNeeded,
            source: Source::Import,
            engine: "made up".to_owned(),
            language: "en".to_owned(),
            punctuation: Punctuation::Absent,
            turns: (0..TURNS_A_CALL).map(turn).collect(),
            duration_ms: 1_000_000,
            broke_off_at: None,
        };
        let (id, now) = (format!("c{number}"), DateTime::<Utc>::from_timestamp(1_800_000_000, 0).context("now")?);
        let begun = Instant::now();
        let tx = db.begin().await?;
        let stored = calls::insert(&tx, (WORKSPACE, &id), &call(number), None, None, now).await?;
        let row = transcripts::insert(&tx, &stored, &draft, "", now).await?;
        index(&tx, &stored, row.number, &draft.turns).await?;
        let outcome = if number % 20 == 0 { Outcome::Observed } else { Outcome::Missed };
        let turns = if outcome == Outcome::Observed { vec![10, 11, 12] } else { Vec::new() };
        let evaluated = Evaluated {
            workspace: WORKSPACE.to_owned(),
            call: id,
            number: row.number,
            playbook: "p".to_owned(),
            evaluation: format!("e{number}"),
            at: now,
            behaviors: vec![BehaviorFound { id: "asks".to_owned(), outcome, turns }],
        };
        behaviors::replace(&tx, &evaluated).await?;
        tx.commit().await?;
        spent += begun.elapsed();
    }
    // What a server does by itself after a while.
    let tx = db.begin().await?;
    sea_orm::ConnectionTrait::execute_unprepared(&tx, "ANALYZE").await?;
    tx.commit().await?;
    Ok(u64::try_from(spent.as_micros())? / (count * TURNS_A_CALL).max(1) as u64)
}

/// A kind of search: its name, how a query of it is made, and which calls are searched.
type Kind<'a> = (&'static str, fn(&mut Dice) -> String, CallFilter<'a>);

/// Milliseconds by kind of search.
async fn measure(db: &Db, queries: usize) -> anyhow::Result<Value> {
    let observed = Behavior { id: "asks", outcome: "observed", playbook: "", evidence_only: false };
    let evidence = Behavior { evidence_only: true, ..observed };
    let kinds: [Kind<'_>; 11] = [
        ("frequent word", |dice| word(dice.below(10)), CallFilter::default()),
        ("usual word", |dice| word(200 + dice.below(800)), CallFilter::default()),
        ("rare word", |dice| word(20_000 + dice.below(9_000)), CallFilter::default()),
        (
            "two words",
            |dice| format!("{} {}", word(20 + dice.below(200)), word(20 + dice.below(200))),
            CallFilter::default(),
        ),
        ("three frequent words", |dice| [0; 3].map(|_| word(dice.below(20))).join(" "), CallFilter::default()),
        ("phrase", |_| "\"security review\"".to_owned(), CallFilter::default()),
        (
            "OR, prefix, exclusion",
            |dice| format!("{} OR bade* -{}", word(dice.below(200)), word(3)),
            CallFilter::default(),
        ),
        (
            "frequent word of a deal",
            |dice| word(dice.below(10)),
            CallFilter { deal_id: "D-77", ..CallFilter::default() },
        ),
        (
            "frequent word of a rep",
            |dice| word(dice.below(10)),
            CallFilter { reps: vec!["rep-7"], ..CallFilter::default() },
        ),
        (
            "frequent word, behavior observed",
            |dice| word(dice.below(10)),
            CallFilter { behavior: Some(observed), ..CallFilter::default() },
        ),
        (
            "frequent word in evidence",
            |dice| word(dice.below(10)),
            CallFilter { behavior: Some(evidence), ..CallFilter::default() },
        ),
    ];
    let mut report = Map::new();
    for (name, text, calls) in kinds {
        let mut of_kind = Map::new();
        for (order, limit) in [("newest", 21), ("relevance", CANDIDATES)] {
            let mut dice = Dice(77);
            let (mut took, mut found) = (Vec::new(), 0);
            for _ in 0..queries {
                let query = text(&mut dice);
                let begun = Instant::now();
                found += search(db, &query, calls.clone(), limit).await?;
                took.push(begun.elapsed().as_secs_f64() * 1_000.0);
            }
            took.sort_by(f64::total_cmp);
            let at = |share: usize| (took[(took.len() - 1) * share / 100] * 10.0).round() / 10.0;
            of_kind.insert(order.to_owned(), json!({"p50": at(50), "p95": at(95), "turns": found / queries}));
        }
        report.insert(name.to_owned(), Value::Object(of_kind));
    }
    Ok(Value::Object(report))
}

/// What the service does for one answer; returns how many turns were looked at.
async fn search(db: &Db, text: &str, calls: CallFilter<'_>, limit: usize) -> anyhow::Result<usize> {
    let query = Query::parse(text).map_err(|found| anyhow::anyhow!("{text}: {found:?}"))?;
    let filter = Filter { workspace: WORKSPACE, calls, ..Filter::default() };
    let found = find(db, &Request { query: &query, filter, below: None, limit }).await?;
    let mut ranked: Vec<_> =
        found.iter().map(|turn| (search::find(&query, &turn.text).unwrap_or_default().score, turn.document)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    Ok(ranked.len())
}
