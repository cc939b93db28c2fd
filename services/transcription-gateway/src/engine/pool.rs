//! The threads that recognise: one recogniser each, loaded when its thread first has work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tracing::{Span, debug_span, error};

use super::EngineError;
use super::moonshine::{Moonshine, Weights};
use super::queue::Queue;

/// Starts `workers` threads over `queue`. They end when it is closed.
pub(super) fn start(
    workers: usize,
    queue: &Arc<Queue>,
    weights: &Arc<Weights>,
) -> Result<Vec<JoinHandle<()>>, EngineError> {
    (0..workers)
        .map(|index| {
            let (queue, weights) = (Arc::clone(queue), Arc::clone(weights));
            thread::Builder::new()
                .name(format!("speech-{index}"))
                .spawn(move || work(&queue, &weights))
                .map_err(|e| EngineError::Failed(format!("no thread could be started: {e}")))
        })
        .collect()
}

fn work(queue: &Queue, weights: &Weights) {
    let mut recogniser = None;
    while let Some(job) = queue.pop() {
        // Whoever asked may have gone: a stream that broke off, a call that ran out of time.
        if job.reply.is_closed() {
            continue;
        }
        let span = debug_span!("recognise", audio_ms = job.samples.len() / 16, took_ms = tracing::field::Empty);
        let result = span.in_scope(|| recognise(&mut recogniser, weights, &job.samples, &span));
        let _ = job.reply.send(result);
    }
}

fn recognise(
    recogniser: &mut Option<Moonshine>,
    weights: &Weights,
    samples: &[f32],
    span: &Span,
) -> Result<String, EngineError> {
    let started = Instant::now();
    let mut current = match recogniser.take() {
        Some(current) => current,
        None => Moonshine::load(weights)?,
    };
    // A defect in the native library must not take the thread, and with it every later segment, down.
    let result = catch_unwind(AssertUnwindSafe(|| current.recognise(samples)));
    span.record("took_ms", started.elapsed().as_millis());
    match result {
        Ok(result) => {
            *recogniser = Some(current);
            result
        }
        Err(_) => {
            error!("the recogniser broke down on a segment and is loaded anew");
            Err(EngineError::Failed("the recogniser broke down on this segment".to_owned()))
        }
    }
}
