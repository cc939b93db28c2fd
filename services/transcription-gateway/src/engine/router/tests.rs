//! Failover, queues and changes, with engines whose every answer is scripted.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt as _, stream};
use proptest::prelude::*;
use throughline_rpc::Clock;
use tokio::time::{Instant, sleep};

use super::*;
use crate::domain::engine::{Kind, Mode, Route};
use crate::engine::{Capabilities, Recognition, Request};

/// What an engine does with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Answer,
    /// Its process dies in mid-call.
    Die,
    /// Never says anything.
    Hang,
    Fail,
    Reject,
    Busy,
}

/// An engine that does what its script says, call by call, and goes on with its last step.
pub(crate) struct Scripted {
    name: String,
    script: Mutex<Vec<Does>>,
    calls: AtomicUsize,
    stopped: AtomicUsize,
}

impl Scripted {
    pub(crate) fn new(name: &str, script: &[Does]) -> Arc<Self> {
        let (calls, stopped) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { name: name.to_owned(), script: Mutex::new(script.to_vec()), calls, stopped })
    }

    fn becomes(&self, script: &[Does]) {
        *self.script.lock().unwrap() = script.to_vec();
        self.calls.store(0, Ordering::Relaxed);
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

#[async_trait::async_trait]
impl SpeechEngine for Scripted {
    fn name(&self) -> std::borrow::Cow<'_, str> {
        self.name.as_str().into()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            languages: vec!["*".to_owned()],
            max_segment_ms: 30_000,
            partials: true,
            word_times: false,
            punctuation: false,
            live: true,
            batch: true,
        }
    }

    async fn prepare(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// The text is the number in the first sample, so that each segment is known in the result.
    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let does = {
            let script = self.script.lock().unwrap();
            script.get(call).or(script.last()).copied().unwrap_or(Does::Answer)
        };
        sleep(Duration::from_millis(2)).await;
        match does {
            Does::Answer => {
                let text = format!("{}", request.samples.first().copied().unwrap_or_default());
                Ok(Recognition { text, ..Recognition::default() })
            }
            Does::Die => Err(EngineError::unavailable("the connection was closed")),
            Does::Hang => std::future::pending().await,
            Does::Fail => Err(EngineError::Failed("no answer that could be read".to_owned())),
            Does::Reject => Err(EngineError::Rejected("401".to_owned())),
            Does::Busy => Err(EngineError::Busy { retry_after: Duration::from_secs(1) }),
        }
    }

    fn has_room(&self) -> bool {
        true
    }

    async fn stop(&self) {
        self.stopped.fetch_add(1, Ordering::Relaxed);
    }
}

const SETTINGS: Settings = Settings {
    breaker: Limits {
        failures_in_a_row: 3,
        window: Duration::from_secs(60),
        first_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_millis(400),
    },
    live_patience: Duration::from_secs(1),
    recording_patience: Duration::from_secs(30),
};

/// A router over scripted engines; the model of a declaration says which.
pub(crate) fn router(engines: &[Arc<Scripted>]) -> Arc<Router> {
    let known: BTreeMap<String, Arc<Scripted>> =
        engines.iter().map(|engine| (engine.name.clone(), Arc::clone(engine))).collect();
    let builder: Builder = Box::new(move |_, spec| {
        let model = match &spec.kind {
            Kind::Embedded { model } | Kind::Whisper { model } => model,
            Kind::OpenAi { model, .. } | Kind::Riva { model, .. } => model,
        };
        let found = known.get(model).map(|engine| Arc::clone(engine) as Arc<dyn SpeechEngine>);
        found.ok_or_else(|| EngineError::Rejected(format!("there is no {model}")))
    });
    Arc::new(Router::new(SETTINGS, builder, Clock::system()))
}

fn spec(model: &str, priority: u16) -> Spec {
    let kind =
        Kind::OpenAi { base_url: "http://speech.example/v1".to_owned(), model: model.to_owned(), credential: None };
    Spec {
        kind,
        routes: vec![Route { priority, ..Route::default() }],
        max_concurrent: 8,
        timeout_ms: 5_000,
        ..Spec::built_in("")
    }
}

fn declared(id: &str, spec: Spec) -> Declared {
    Declared { workspace: "demo".to_owned(), id: id.to_owned(), spec }
}

/// Engines `a`, `b`, … in this order.
pub(crate) fn in_order(engines: &[Arc<Scripted>]) -> Arc<Router> {
    with_deadline(engines, 5_000)
}

/// The same, each answer within a time.
fn with_deadline(engines: &[Arc<Scripted>], timeout_ms: u32) -> Arc<Router> {
    let router = router(engines);
    let all = engines.iter().zip((1..=1000).rev());
    let spec = |(engine, priority): (&Arc<Scripted>, u16)| {
        declared(&engine.name, Spec { timeout_ms, ..spec(&engine.name, priority) })
    };
    router.declare(all.map(spec).collect());
    router
}

/// How an engine of a workspace is doing.
fn health(router: &Router, id: &str) -> Health {
    router.table().get("demo", id).unwrap().gate.health()
}

fn segment(number: usize, urgency: Urgency) -> Request {
    let mut samples = vec![0.0; 16_000];
    samples[0] = number as f32;
    Request::new(samples, urgency)
}

fn ask(mode: Mode) -> Ask {
    Ask::new("demo", mode)
}

/// The texts of segments 1 to `count`, recognised as a recording's are.
async fn hear(session: &Arc<Session>, count: usize) -> Vec<String> {
    stream::iter(1..=count)
        .map(|number| async move { session.recognise(segment(number, Urgency::Recording)).await.unwrap().text })
        .buffered(8)
        .collect()
        .await
}

fn numbers(count: usize) -> Vec<String> {
    (1..=count).map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn an_engine_that_dies_in_mid_call_leaves_no_gap_and_no_word_twice() {
    let (a, b) = (Scripted::new("a", &[Does::Answer, Does::Answer, Does::Die]), Scripted::new("b", &[]));
    let session = in_order(&[Arc::clone(&a), b]).session(ask(Mode::Batch));
    assert_eq!(hear(&session, 40).await, numbers(40));
    assert_eq!(session.name(), "a (a), b (b)");
    // Asked until it was plain that it is gone, and now and then after that.
    assert!(a.calls() < 20, "{}", a.calls());
}

#[tokio::test]
async fn an_engine_that_says_nothing_costs_its_deadline_a_few_times_and_is_left_alone() {
    let (a, b) = (Scripted::new("a", &[Does::Hang]), Scripted::new("b", &[]));
    let router = with_deadline(&[Arc::clone(&a), b], 150);
    let session = router.session(ask(Mode::Live));
    for number in 1..=40 {
        let heard = session.recognise(segment(number, Urgency::Live)).await.unwrap();
        assert_eq!(heard.text, number.to_string());
    }
    // Three deadlines, and the probes.
    assert!(a.calls() < 20, "{}", a.calls());
    assert_eq!(session.name(), "b (b)");
    let health = health(&router, "a");
    assert_eq!(health.state, Some(State::Open));
    assert!(health.last_error.contains("no answer within 150 ms"), "{}", health.last_error);
}

#[tokio::test]
async fn an_engine_that_fails_every_third_segment_stays_in_use_and_another_helps_out() {
    let script: Vec<Does> = (0..60).map(|call| if call % 3 == 2 { Does::Fail } else { Does::Answer }).collect();
    let (a, b) = (Scripted::new("a", &script), Scripted::new("b", &[]));
    let router = in_order(&[Arc::clone(&a), Arc::clone(&b)]);
    let session = router.session(ask(Mode::Batch));
    let mut heard = Vec::new();
    for number in 1..=60 {
        heard.push(session.recognise(segment(number, Urgency::Recording)).await.unwrap().text);
    }
    assert_eq!(heard, numbers(60));
    assert_eq!((a.calls(), b.calls()), (60, 20));
    assert_eq!(health(&router, "a").state, Some(State::Degraded));
}

#[tokio::test]
async fn all_away_and_back_within_patience_is_a_pause_and_longer_is_said() {
    let (a, b) = (Scripted::new("a", &[Does::Die]), Scripted::new("b", &[Does::Die]));
    let router = in_order(&[Arc::clone(&a), Arc::clone(&b)]);
    let session = router.session(ask(Mode::Batch));
    let back = async {
        while health(&router, "b").state != Some(State::Open) {
            sleep(Duration::from_millis(5)).await;
        }
        b.becomes(&[Does::Answer]);
    };
    let (heard, ()) = tokio::join!(hear(&session, 20), back);
    assert_eq!(heard, numbers(20));

    b.becomes(&[Does::Die]);
    let begun = Instant::now();
    let error = session.recognise(segment(1, Urgency::Live)).await.unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }), "{error}");
    assert!(begun.elapsed() >= SETTINGS.live_patience, "{:?}", begun.elapsed());
    assert!(session.prepare().await.is_ok(), "a recording is taken in all the same");
}

#[tokio::test]
async fn when_every_queue_is_full_the_caller_is_told_when_to_come_again() {
    let engines = [Scripted::new("a", &[Does::Hang]), Scripted::new("b", &[Does::Hang])];
    let router = router(&engines);
    let narrow = |name: &str| Spec { max_concurrent: 1, timeout_ms: 300_000, ..spec(name, 5) };
    router.declare(vec![declared("a", narrow("a")), declared("b", narrow("b"))]);
    let session = router.session(ask(Mode::Live));
    // One runs and one waits at each.
    let pending: Vec<_> = (0..4)
        .map(|number| {
            let session = Arc::clone(&session);
            Box::pin(async move { session.recognise(segment(number, Urgency::Live)).await })
        })
        .collect();
    let others = futures::future::join_all(pending);
    let fifth = async {
        while ["a", "b"].iter().any(|id| health(&router, id).queued == 0) {
            sleep(Duration::from_millis(5)).await;
        }
        assert!(!session.has_room());
        session.recognise(segment(5, Urgency::Live)).await
    };
    tokio::select! {
        fifth = fifth => assert!(matches!(fifth, Err(EngineError::Busy { .. })), "{fifth:?}"),
        _ = others => panic!("they hang"),
    }
}

#[tokio::test]
async fn a_guess_goes_to_one_engine_and_is_nobodys_credit() {
    let (a, b) = (Scripted::new("a", &[Does::Fail]), Scripted::new("b", &[]));
    let session = in_order(&[a, Arc::clone(&b)]).session(ask(Mode::Live));
    assert!(session.recognise(segment(1, Urgency::Partial)).await.is_err());
    assert_eq!((b.calls(), session.name().into_owned()), (0, "a (a)".to_owned()));
}

#[tokio::test]
async fn an_engine_that_refuses_is_helped_out_and_one_that_can_not_be_set_up_is_asked_last() {
    let (a, b) = (Scripted::new("a", &[Does::Reject]), Scripted::new("b", &[]));
    let router = router(&[a, b]);
    router.declare(vec![declared("a", spec("a", 5)), declared("b", spec("b", 1)), declared("gone", spec("gone", 900))]);
    let session = router.session(ask(Mode::Batch));
    assert_eq!(hear(&session, 5).await, numbers(5));
    router.declare(vec![declared("gone", spec("gone", 900)), declared("embedded", off())]);
    let error = session.recognise(segment(1, Urgency::Recording)).await.unwrap_err();
    assert_eq!(error.to_string(), "the speech engine refuses the request: there is no gone");
}

fn off() -> Spec {
    Spec { enabled: false, ..built_in() }
}

#[tokio::test]
async fn every_workspace_has_the_embedded_engine_until_a_stored_one_replaces_it() {
    let embedded = Scripted::new(moonshine::NAME, &[]);
    let router = router(&[embedded]);
    let session = router.session(ask(Mode::Live));
    assert_eq!(session.recognise(segment(7, Urgency::Live)).await.unwrap().text, "7");
    assert_eq!(session.name(), moonshine::NAME);
    router.declare(vec![declared("embedded", off())]);
    let error = session.recognise(segment(8, Urgency::Live)).await.unwrap_err();
    assert_eq!(error.to_string(), "no speech engine is declared for live speech");
    let elsewhere = router.session(Ask::new("other", Mode::Live));
    assert!(elsewhere.recognise(segment(8, Urgency::Live)).await.is_ok());
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_taken_after_it() {
    let router = router(&[Scripted::new(moonshine::NAME, &[])]);
    let (go_on, waits) = tokio::sync::oneshot::channel();
    let slow = router.reload(|| async {
        waits.await.unwrap();
        Ok::<_, Infallible>(Vec::new())
    });
    let change = async {
        let change = router.reload(|| async { Ok::<_, Infallible>(vec![declared("embedded", off())]) });
        go_on.send(()).unwrap();
        change.await
    };
    let (read_before, changed) = tokio::join!(slow, change);
    read_before.and(changed).unwrap();
    assert!(!router.table().get("demo", "embedded").unwrap().spec.enabled);
}

#[tokio::test]
async fn routes_choose_by_language_and_mode() {
    let engines = [Scripted::new("german", &[]), Scripted::new("quick", &[]), Scripted::new(moonshine::NAME, &[])];
    let router = router(&engines);
    let german = Route { languages: vec!["de".to_owned()], ..Route::default() };
    let quick = Route { modes: vec![Mode::Live], ..Route::default() };
    let with = |name: &str, route| declared(name, Spec { routes: vec![route], ..spec(name, 1) });
    router.declare(vec![with("german", german), with("quick", quick)]);
    let first = |mode, language: Option<&str>| {
        let ask = Ask { language: language.map(str::to_owned), ..ask(mode) };
        router.session(ask).name().into_owned()
    };
    assert_eq!(first(Mode::Batch, Some("de-AT")), "german (german)");
    assert_eq!(first(Mode::Live, Some("en")), "quick (quick)");
    assert_eq!(first(Mode::Batch, Some("en")), moonshine::NAME);
}

#[tokio::test]
async fn an_engine_declared_meanwhile_ends_the_wait() {
    let (a, b) = (Scripted::new("a", &[Does::Die]), Scripted::new("b", &[]));
    let router = router(&[a, b]);
    router.declare(vec![declared("a", spec("a", 5)), declared("embedded", off())]);
    let session = router.session(ask(Mode::Batch));
    let change = async {
        sleep(Duration::from_millis(300)).await;
        router.declare(vec![declared("a", spec("a", 5)), declared("b", spec("b", 1)), declared("embedded", off())]);
        Instant::now()
    };
    let heard = async {
        let heard = session.recognise(segment(1, Urgency::Recording)).await.unwrap().text;
        (heard, Instant::now())
    };
    let ((heard, at), changed) = tokio::join!(heard, change);
    assert_eq!(heard, "1");
    // The next round would have come two seconds after the first.
    assert!(at - changed < Duration::from_millis(1_500), "{:?}", at - changed);
}

#[tokio::test]
async fn a_change_of_routes_keeps_health_and_another_server_begins_anew() {
    let (a, b) = (Scripted::new("a", &[Does::Fail]), Scripted::new("b", &[]));
    let router = router(&[Arc::clone(&a), b]);
    let before = spec("a", 5);
    router.declare(vec![declared("a", before.clone())]);
    let gate = router.look("demo", "a", &before);
    let _ = gate.recognise(segment(1, Urgency::Recording), Duration::ZERO).await;
    let moved = Spec { routes: vec![Route { priority: 9, ..Route::default() }], ..before.clone() };
    router.declare(vec![declared("a", moved.clone())]);
    assert!(Arc::ptr_eq(&gate, &router.look("demo", "a", &moved)));
    let other = spec("b", 9);
    router.declare(vec![declared("a", other.clone())]);
    assert_eq!(router.look("demo", "a", &other).health().state, Some(State::Unknown));
    // Whoever is at a segment with the former one finishes it first.
    router.tend().await;
    assert_eq!(a.stopped.load(Ordering::Relaxed), 0);
    drop(gate);
    router.tend().await;
    assert_eq!(a.stopped.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_caller_who_goes_away_gives_its_room_back() {
    let a = Scripted::new("a", &[Does::Hang]);
    let router = in_order(&[a]);
    let session = router.session(ask(Mode::Live));
    let gone = tokio::time::timeout(Duration::from_millis(100), session.recognise(segment(1, Urgency::Live))).await;
    assert!(gone.is_err());
    let health = health(&router, "a");
    assert_eq!((health.in_flight, health.queued, health.state), (0, 0, Some(State::Unknown)));
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        4 => Just(Does::Answer),
        1 => Just(Does::Die),
        1 => Just(Does::Hang),
        1 => Just(Does::Fail),
        1 => Just(Does::Reject),
        1 => Just(Does::Busy),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whoever_fails_when_each_segment_is_in_the_result_once(
        scripts in proptest::collection::vec(proptest::collection::vec(does(), 1..30), 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let flaky = scripts.iter().enumerate().map(|(index, script)| Scripted::new(&format!("e{index}"), script));
            let engines: Vec<_> = flaky.chain([Scripted::new("steady", &[])]).collect();
            let session = with_deadline(&engines, 60).session(ask(Mode::Batch));
            prop_assert_eq!(hear(&session, 30).await, numbers(30));
            let used = session.name().into_owned();
            let mut names: Vec<&str> = used.split(", ").collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), used.split(", ").count(), "{}", used);
            Ok(())
        })?;
    }
}
