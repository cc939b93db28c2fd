//! A purged call leaves no words behind, in whatever order events come; what was concluded stays.

use coaching_engine::store::SCHEMA;
use rstest::rstest;
use throughline_proto::coaching::v1::{Summary, SummaryLine};
use throughline_proto::playbook::v1::{DateFact, NextStep, RiskState, Statement};
use throughline_testkit::Backend;
use throughline_testkit::database::holding;

use crate::talk::Talk;
use crate::world::World;

const ASKED: &str = "who else would have to sign this off";
const PAIN: &str = "we match every invoice by hand";
const STEP: &str = "meet with Helen about the security questions";

/// A call with words in everything that is kept of one.
fn talkative(call: &str, day: i64) -> Talk {
    let talk = Talk::on(call, day).observed("asks").risk("Exit plan", RiskState::NotRaised);
    let quote = |words: &str| vec![talk.quote(words)];
    let (asked, pain, step, decision) = (quote(ASKED), quote(PAIN), quote(STEP), quote("the board decides in June"));
    let mut talk = talk.clone().facts(|facts| {
        facts.pains = vec![Statement { text: PAIN.to_owned(), evidence: pain }];
        facts.decision_date =
            Some(DateFact { date: "2026-06-30".to_owned(), text: "June".to_owned(), evidence: decision });
        facts.next_step = Some(NextStep {
            what: STEP.to_owned(),
            owner: "Tom Ashworth".to_owned(),
            date: "2026-03-19".to_owned(),
            date_text: "Thursday week".to_owned(),
            evidence: step,
        });
    });
    talk.evaluation.behaviors[0].evidence = asked;
    talk
}

async fn held(world: &World) -> Vec<String> {
    let words = [ASKED, PAIN, STEP, "Thursday week", "the board decides", "Tom Ashworth"].map(str::to_owned);
    holding(&world.database(), SCHEMA, &words).await
}

fn texts(summary: &Summary) -> Vec<&str> {
    summary.lines.iter().map(|line| line.text.as_str()).collect()
}

fn is_erased(line: &SummaryLine) -> bool {
    line.evidence.iter().all(|e| (e.turn, e.start_ms) == (7, 61_500) && e.quote.is_empty() && e.purge_time.is_some())
}

const WITHOUT_WORDS: [&str; 4] =
    ["Agreed (owner named, by 2026-03-19)", "", "Decides by 2026-06-30", "Exit plan: not raised"];

#[rstest]
#[tokio::test]
async fn the_words_of_a_purged_call_go_and_what_was_concluded_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.evaluated(&talkative("c1", 0)).await;
    // Its nudge shows how the rep did it in the first call.
    world.evaluated(&Talk::on("c2", 1).missed("asks")).await;
    let before = (world.profile("priya-raman").await, world.nudges().await);
    assert_eq!(before.1[0].example[0].quote, ASKED);
    assert_eq!(held(&world).await.len(), 7, "words are found where they stand");

    let purge = world.purge("c1", None);
    world.deliver(purge.clone()).await.unwrap();
    world.deliver(purge).await.unwrap();
    world.deliver(world.purge("c1", None)).await.unwrap();

    assert_eq!(held(&world).await, Vec::<String>::new());
    let summary = world.summary("c1").await;
    assert!(summary.purge_time.is_some() && summary.lines.iter().all(is_erased), "{summary:?}");
    assert_eq!(texts(&summary), WITHOUT_WORDS);
    let (profile, nudges) = (world.profile("priya-raman").await, world.nudges().await);
    let (was, is) = (&before.0.adoption[0], &profile.adoption[0]);
    assert_eq!((is.observed, is.applicable, is.mean), (was.observed, was.applicable, was.mean));
    assert_eq!((was.moments.len(), is.moments.len()), (1, 0), "nothing is left to show");
    assert_eq!((nudges[0].text.as_str(), nudges[0].outcome()), (before.1[0].text.as_str(), before.1[0].outcome()));
    let example = &nudges[0].example[0];
    assert_eq!((example.turn, example.quote.as_str(), example.purge_time.is_some()), (7, "", true));
}

#[rstest]
#[tokio::test]
async fn an_evaluation_that_comes_after_the_purge_has_no_words(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.deliver(world.purge("c1", Some(1))).await.unwrap();
    world.evaluated(&talkative("c1", 0)).await;
    assert_eq!(held(&world).await, Vec::<String>::new());
    assert_eq!(texts(&world.summary("c1").await), WITHOUT_WORDS);
    assert_eq!(world.profile("priya-raman").await.adoption[0].observed, 1);
    // The call was recorded anew: that transcript is not gone.
    let mut anew = talkative("c1", 0);
    anew.evaluation.name.push_str("-2");
    anew.evaluation.transcript = "workspaces/demo/calls/c1/transcripts/2".to_owned();
    anew.evaluation.create_time.as_mut().unwrap().seconds += 60;
    world.evaluated(&anew).await;
    let summary = world.summary("c1").await;
    assert_eq!((summary.purge_time, texts(&summary)[1]), (None, PAIN));
}

#[rstest]
#[tokio::test]
async fn an_evaluation_whose_words_the_evaluator_has_erased_is_taken(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let mut talk = talkative("c1", 0);
    let at = talk.evaluation.create_time;
    let evaluation = &mut talk.evaluation;
    evaluation.purge_time = at;
    let facts = evaluation.facts.as_mut().unwrap();
    facts.next_step.as_mut().unwrap().what.clear();
    facts.pains[0].text.clear();
    let of_facts = facts.next_step.iter_mut().flat_map(|step| &mut step.evidence);
    let of_facts = of_facts.chain(facts.pains.iter_mut().flat_map(|pain| &mut pain.evidence));
    let of_facts = of_facts.chain(facts.decision_date.iter_mut().flat_map(|date| &mut date.evidence));
    for evidence in evaluation.behaviors[0].evidence.iter_mut().chain(of_facts) {
        evidence.quote.clear();
        evidence.speaker.clear();
        evidence.purge_time = at;
    }
    world.evaluated(&talk).await;
    let summary = world.summary("c1").await;
    assert_eq!((summary.purge_time, texts(&summary)), (at, WITHOUT_WORDS.to_vec()));
    assert_eq!(world.profile("priya-raman").await.adoption[0].observed, 1);
}
