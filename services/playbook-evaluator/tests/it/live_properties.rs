//! However a call is cut into segments and corrected, its end is the evaluation of its turns.

use playbook_evaluator::convert;
use playbook_evaluator::domain::lint::lint;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use throughline_proto::playbook::v1::LiveSegment;
use throughline_testkit::Backend;

use crate::documents;
use crate::live::{Stream, ends, header, said, segments};
use crate::talk::Talk;
use crate::world::World;

/// What becomes of one turn before its words stand.
#[derive(Clone, Debug)]
enum Cut {
    /// Final at once.
    Whole,
    /// Parts of it first, so many words each.
    Parts(usize),
    /// Final with words of another turn, and corrected so many turns later.
    Wrong { words_of: prop::sample::Index, after: usize },
    /// Its words never become final; the last of them count.
    NeverFinal,
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        4 => Just(Cut::Whole),
        3 => (1..9_usize).prop_map(Cut::Parts),
        2 => (any::<prop::sample::Index>(), 0..12_usize).prop_map(|(words_of, after)| Cut::Wrong { words_of, after }),
        1 => Just(Cut::NeverFinal),
    ]
}

/// The messages of a talk that is cut so.
fn messages(turns: &[LiveSegment], cuts: &[Cut]) -> Vec<LiveSegment> {
    let mut sent = Vec::new();
    let mut corrections: Vec<(usize, LiveSegment)> = Vec::new();
    for (at, (turn, cut)) in turns.iter().zip(cuts).enumerate() {
        match cut {
            Cut::Whole => sent.push(turn.clone()),
            Cut::NeverFinal => sent.push(LiveSegment { r#final: false, ..turn.clone() }),
            Cut::Parts(words) => {
                let spoken: Vec<&str> = turn.text.split(' ').collect();
                for end in (*words..spoken.len()).step_by(*words) {
                    sent.push(LiveSegment { text: spoken[..end].join(" "), r#final: false, ..turn.clone() });
                }
                sent.push(turn.clone());
            }
            Cut::Wrong { words_of, after } => {
                sent.push(LiveSegment { text: words_of.get(turns).text.clone(), ..turn.clone() });
                corrections.push((at + after, turn.clone()));
            }
        }
        let (now, later) = corrections.into_iter().partition(|(due, _)| *due <= at);
        corrections = later;
        sent.extend::<Vec<_>>(now.into_iter().map(|(_, turn): (usize, LiveSegment)| turn).collect());
    }
    sent.extend(corrections.into_iter().map(|(_, turn)| turn));
    sent
}

#[test]
fn the_end_of_a_live_call_is_the_evaluation_of_its_turns_however_it_was_cut() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (world, revision) = runtime.block_on(async {
        let world = World::start(Backend::Sqlite).await;
        let revision = world.created(&documents::sample()).await;
        (world, revision)
    });
    let compiled = lint(&documents::sample()).revision.unwrap();
    let talk = prop_oneof![Just(Talk::negotiation()), Just(Talk::validation())];
    let cuts = (talk, prop::collection::vec(cut(), 200), prop::sample::select(vec![0, 7, 60]), any::<bool>());
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&cuts, |(talk, cuts, pause_every, _)| {
        let sent = messages(&segments(&talk), &cuts);
        let told = runtime.block_on(async {
            let stream = Stream::open(world.manager(), header(&talk, &revision.name)).await.unwrap();
            for (at, segment) in sent.into_iter().enumerate() {
                stream.say(segment).await;
                if pause_every > 0 && at % pause_every == 0 {
                    // Lets an evaluation begin between any two messages.
                    tokio::task::yield_now().await;
                }
            }
            stream.rest().await.unwrap()
        });
        let batch = compiled.evaluate(&convert::call(&talk.call), &convert::transcript(&talk.transcript), None);
        let batch = convert::evaluation_of(&talk.call, batch, &compiled.playbook);
        let ends: Vec<_> = ends(&told).into_iter().map(said).collect();
        prop_assert_eq!(
            ends,
            [throughline_proto::playbook::v1::Evaluation { revision: revision.name.clone(), ..batch }]
        );
        Ok(())
    });
    outcome.unwrap();
}
