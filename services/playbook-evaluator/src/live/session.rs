//! One live call: takes words as they come, evaluates what is final, tells what is new.
//!
//! Every evaluation reads the whole call so far, which keeps it the same as the one at the end. That this does not
//! become quadratic is held by two things: words that come while an evaluation runs wait for one next evaluation, and
//! a long evaluation is followed by a rest as long, so a long call never takes more than half a core.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::evaluate_stream_request::Message as Asked;
use throughline_proto::playbook::v1::evaluate_stream_response::Message as Answered;
use throughline_rpc::{Error, Reason};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::idle;
use crate::assess::Against;
use crate::convert::{self, Opening};
use crate::domain::call::Transcript;
use crate::domain::evaluation::Evaluation;
use crate::domain::live::{Moment, Told, Turns};
use crate::learner::Learner;

/// Evaluations up to this long need no rest: words are answered within 300 ms.
const NO_REST: Duration = Duration::from_millis(250);

/// A live call.
pub struct Session {
    opening: Arc<Opening>,
    against: Vec<(Against, Told)>,
    learner: Learner,
    idle_timeout: Duration,
    shutdown: CancellationToken,
    turns: Turns,
    /// Are there final words that no evaluation has read?
    fresh: bool,
    /// Has the client said all?
    closed: bool,
    /// The last answer is on its way.
    ended: bool,
    running: Option<JoinHandle<Evaluated>>,
    rest_until: Instant,
    idle_at: Instant,
    /// Turns that what was told stands on.
    told_turns: usize,
    answers: VecDeque<pb::EvaluateStreamResponse>,
}

/// What was computed of the turns at some moment.
struct Evaluated {
    /// In the order of `against`.
    evaluations: Vec<Evaluation>,
    turns: usize,
    moment: Moment,
    took: Duration,
    whole: bool,
}

/// What the session wakes up for.
enum Event {
    Draining,
    Evaluated(Result<Evaluated, JoinError>),
    Asked(Option<Result<pb::EvaluateStreamRequest, Status>>),
    Rested,
    Idle,
}

impl Session {
    pub fn new(
        opening: Opening,
        against: Vec<Against>,
        learner: Learner,
        idle_timeout: Duration,
        shutdown: CancellationToken,
    ) -> Self {
        let now = Instant::now();
        Self {
            opening: Arc::new(opening),
            against: against.into_iter().map(|against| (against, Told::default())).collect(),
            learner,
            idle_timeout,
            shutdown,
            turns: Turns::default(),
            fresh: false,
            closed: false,
            ended: false,
            running: None,
            rest_until: now,
            idle_at: now + idle_timeout,
            told_turns: 0,
            answers: VecDeque::new(),
        }
    }

    /// Everything it answers, driven by whoever reads it: one who does not read is not read from either.
    pub fn answers<S>(
        self,
        messages: S,
        room: OwnedSemaphorePermit,
    ) -> BoxStream<'static, Result<pb::EvaluateStreamResponse, Status>>
    where
        S: Stream<Item = Result<pb::EvaluateStreamRequest, Status>> + Send + Unpin + 'static,
    {
        let state = (self, messages, room);
        futures::stream::unfold(state, |(mut session, mut messages, room)| async move {
            let answer = session.next(&mut messages).await?;
            Some((answer, (session, messages, room)))
        })
        .boxed()
    }

    async fn next<S>(&mut self, messages: &mut S) -> Option<Result<pb::EvaluateStreamResponse, Status>>
    where
        S: Stream<Item = Result<pb::EvaluateStreamRequest, Status>> + Unpin,
    {
        loop {
            if let Some(answer) = self.answers.pop_front() {
                return Some(Ok(answer));
            }
            if self.ended {
                return None;
            }
            self.begin();
            let event = self.wake(messages).await;
            if let Err(status) = self.handle(event) {
                (self.ended, self.running) = (true, None);
                return Some(Err(status));
            }
        }
    }

    /// When the next evaluation begins; none where one runs or nothing is to be evaluated.
    fn due(&self) -> Option<Instant> {
        if self.running.is_some() {
            return None;
        }
        if self.closed {
            return Some(Instant::now());
        }
        (self.fresh && self.turns.len() >= self.opening.resume_turns).then_some(self.rest_until)
    }

    /// Starts an evaluation where one is due.
    fn begin(&mut self) {
        if self.due().is_none_or(|due| due > Instant::now()) {
            return;
        }
        self.fresh = false;
        let whole = self.closed;
        let transcript = if whole { self.turns.whole() } else { self.turns.settled(self.opening.planned_ms) };
        let moment = Moment { settled_until_ms: self.turns.settled_until_ms(), duration_ms: transcript.duration_ms };
        let revisions: Vec<_> = self.against.iter().map(|(against, _)| Arc::clone(&against.compiled)).collect();
        let (opening, learner) = (Arc::clone(&self.opening), self.learner.clone());
        // Pure computation: not on the threads that serve.
        self.running = Some(tokio::task::spawn_blocking(move || {
            let started = Instant::now();
            let evaluate = |transcript: &Transcript| {
                revisions.iter().map(|revision| learner.evaluate(revision, &opening.call, transcript)).collect()
            };
            let evaluations = evaluate(&transcript);
            Evaluated { evaluations, turns: transcript.turns.len(), moment, took: started.elapsed(), whole }
        }));
    }

    async fn wake<S>(&mut self, messages: &mut S) -> Event
    where
        S: Stream<Item = Result<pb::EvaluateStreamRequest, Status>> + Unpin,
    {
        let due = self.due();
        let evaluating = self.running.is_some();
        let running = async {
            match &mut self.running {
                Some(running) => running.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => Event::Draining,
            evaluated = running, if evaluating => Event::Evaluated(evaluated),
            asked = messages.next(), if !self.closed => Event::Asked(asked),
            () = sleep_until(due.unwrap_or(self.rest_until)), if due.is_some() => Event::Rested,
            () = sleep_until(self.idle_at), if !self.closed => Event::Idle,
        }
    }

    fn handle(&mut self, event: Event) -> Result<(), Status> {
        match event {
            Event::Draining => Err(self.draining().into()),
            Event::Idle => Err(idle(self.idle_timeout).into()),
            Event::Rested => Ok(()),
            Event::Evaluated(evaluated) => {
                self.running = None;
                self.tell(evaluated.map_err(Error::internal)?);
                Ok(())
            }
            Event::Asked(None) => {
                self.closed = true;
                Ok(())
            }
            Event::Asked(Some(asked)) => {
                self.idle_at = Instant::now() + self.idle_timeout;
                match asked?.message {
                    Some(Asked::Segment(segment)) => {
                        let (turn, is_final) = convert::segment(segment, &self.opening.call)?;
                        self.fresh |= self.turns.take(turn, is_final).map_err(convert::refused)?;
                        Ok(())
                    }
                    _ => Err(Error::invalid_field("segment", "must be in every message after the header").into()),
                }
            }
        }
    }

    fn tell(&mut self, evaluated: Evaluated) {
        let Evaluated { evaluations, turns, moment, took, whole } = evaluated;
        self.rest_until = Instant::now() + if took > NO_REST { took } else { Duration::ZERO };
        for ((against, told), evaluation) in self.against.iter_mut().zip(evaluations) {
            let playbook = &against.compiled.playbook;
            let answer =
                |message| pb::EvaluateStreamResponse { revision: against.revision.clone(), message: Some(message) };
            if whole {
                let whole = pb::Evaluation {
                    revision: against.revision.clone(),
                    ..convert::evaluation_of(&self.opening.source, evaluation, playbook)
                };
                self.answers.push_back(answer(Answered::Evaluation(Box::new(whole))));
            } else {
                let news = told.news(evaluation, playbook, moment).into_iter();
                let told = news.filter_map(|news| convert::news(news, playbook, moment.duration_ms));
                self.answers.extend(told.map(answer));
            }
        }
        self.ended = whole;
        self.told_turns = turns;
        if !whole {
            let progress = pb::LiveProgress { turns: i32::try_from(turns).unwrap_or(i32::MAX) };
            let message = Some(Answered::Progress(progress));
            self.answers.push_back(pb::EvaluateStreamResponse { revision: String::new(), message });
        }
    }

    fn draining(&self) -> Error {
        Error::unavailable(Reason::Draining, "the service is stopping; go on with another stream")
            .with_metadata("turns", self.told_turns.to_string())
            .with_metadata("resume", "open another stream and send the header and all turns so far: nothing is stored")
    }
}
