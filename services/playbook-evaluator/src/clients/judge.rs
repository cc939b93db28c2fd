//! A language model as a judge: one yes/no question about a few turns, put to an OpenAI-compatible endpoint.
//!
//! Owns what is sent, how an answer is checked, and the answers given lately. Doesn't own when a question is worth
//! asking: the caller asks about what its own detectors are unsure of. The transcript is data to it: whatever a turn
//! says, the only thing that can come back is yes, no or unclear with words that stand in one of the turns sent.

mod answer;
mod cache;
mod config;
mod prompt;
mod wire;

#[cfg(test)]
pub(crate) mod mock;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use throughline_rpc::remaining;
use tokio::time::Instant;

use crate::domain::call::Side;
pub use config::{AnswerFormat, JudgeConfig};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The behavior's or signal's description, in one sentence.
    pub asked: String,
    /// Index, side and words of the turns around the focus, in their order.
    pub turns: Vec<(u32, Side, String)>,
    /// Index of the turn in doubt; one of `turns`.
    pub focus: u32,
}

/// An answer that stands on words of the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the turns show what was asked.
    pub holds: bool,
    /// Index of the turn that decides it, one of those sent.
    pub turn: u32,
    /// The deciding words as the turn has them, not as the model wrote them.
    pub quote: String,
}

/// Why there is no answer. None of them carries words of the transcript, of the model or of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeError {
    /// The question can't be put: the caller's mistake, or turns of more than 32 KiB.
    #[error("the question can't be put: {0}")]
    Question(&'static str),
    /// All questions of this call are used up.
    #[error("all {0} questions of this call are used up")]
    Spent(usize),
    /// No answer in time.
    #[error("the judge did not answer within {0:?}")]
    Timeout(Duration),
    /// No connection, or one that broke.
    #[error("the judge can't be reached: {0}")]
    Unreachable(String),
    /// HTTP 429, again or with too long a wait.
    #[error("the judge has too much to do (HTTP 429)")]
    Busy,
    /// Any other HTTP status than 200.
    #[error("the judge answered HTTP {0}")]
    Status(u16),
    /// A body of more than 64 KiB.
    #[error("the judge's answer is longer than {0} bytes")]
    TooLong(usize),
    /// Not a chat completion with an answer of the schema.
    #[error("the judge's answer can't be read: {0}")]
    Malformed(String),
    /// The quote doesn't stand in the turn it names.
    #[error("the judge's answer is refused: {0}")]
    Ungrounded(&'static str),
}

/// Questions and time left for one call. Answers from the cache count too: a call evaluated twice gets the same answers.
#[derive(Debug)]
pub struct Budget {
    of: usize,
    left: usize,
    /// None where nobody waits.
    until: Option<Instant>,
}

impl Budget {
    /// Takes one question off.
    ///
    /// # Errors
    /// [`JudgeError::Spent`] when none is left.
    pub fn take(&mut self) -> Result<(), JudgeError> {
        self.left = self.left.checked_sub(1).ok_or(JudgeError::Spent(self.of))?;
        Ok(())
    }
}

/// See the module. Cheap to clone; clones share connections and answers.
#[derive(Clone, Debug)]
pub struct Judge {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: JudgeConfig,
    endpoint: wire::Endpoint,
    answers: cache::Answers,
}

impl Judge {
    /// The judge of a configuration; none where no endpoint is configured. Nothing is sent yet.
    ///
    /// # Errors
    /// When the endpoint isn't a URL or the key can't be read.
    pub fn new(config: &JudgeConfig) -> anyhow::Result<Option<Self>> {
        if config.endpoint.is_empty() {
            return Ok(None);
        }
        let endpoint = wire::Endpoint::new(&config.endpoint, config.api_key()?.as_deref())?;
        let inner = Inner { config: config.clone(), endpoint, answers: cache::Answers::default() };
        Ok(Some(Self { inner: Arc::new(inner) }))
    }

    /// Lets go of the answers given so far.
    pub fn forget(&self) {
        self.inner.answers.clear();
    }

    /// What one call may ask: so many questions, in half of the time that the caller still waits. The rest is for what
    /// is to be done with the answers; without it they would be lost, and asked for again at the next try.
    pub fn budget(&self) -> Budget {
        self.budget_of(remaining())
    }

    fn budget_of(&self, waits: Option<Duration>) -> Budget {
        let of = self.inner.config.max_questions_per_call;
        Budget { of, left: of, until: waits.map(|waits| Instant::now() + waits / 2) }
    }

    /// As [`Judge::ask`], paid from the call's budget.
    ///
    /// # Errors
    /// [`JudgeError::Spent`] when nothing is left; else those of [`Judge::ask`].
    pub async fn ask_within(&self, budget: &mut Budget, question: &Question) -> Result<Option<Answer>, JudgeError> {
        budget.take()?;
        let left = budget.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        self.ask_for(question, left.min(self.inner.config.timeout)).await
    }

    /// Puts the question. None: the model finds it unclear.
    ///
    /// # Errors
    /// When it can't be put, isn't answered in time or the answer doesn't stand on the turns sent.
    pub async fn ask(&self, question: &Question) -> Result<Option<Answer>, JudgeError> {
        self.ask_for(question, self.inner.config.timeout).await
    }

    async fn ask_for(&self, question: &Question, timeout: Duration) -> Result<Option<Answer>, JudgeError> {
        let Inner { config, endpoint, answers } = &*self.inner;
        let prompt = prompt::Prompt::of(question)?;
        let key = prompt.key(&config.model);
        if let Some(known) = answers.get(&key, question) {
            return Ok(known);
        }
        let body = prompt.body(config);
        let reply =
            tokio::time::timeout(timeout, endpoint.post(body)).await.map_err(|_| JudgeError::Timeout(timeout))??;
        let answer = answer::read(&reply, question)?;
        answers.put(key, answer.as_ref(), question);
        Ok(answer)
    }
}
