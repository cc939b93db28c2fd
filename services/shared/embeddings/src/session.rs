//! The model on ONNX Runtime, and the few sessions that texts are shared out to.

use std::ops::Range;
use std::sync::{Condvar, Mutex, PoisonError};

use ort::session::Session;
use ort::value::TensorRef;

use crate::tokens::Pieces;
use crate::vector::{DIMS, Vector};

/// Runs the model over texts of the same number of tokens: no padding, so nothing of it can show in a vector.
fn run(session: &mut Session, batch: &[&Pieces]) -> Result<Vec<Vector>, String> {
    let tokens = batch.first().map_or(0, |pieces| pieces.ids.len());
    let ids: Vec<i64> = batch.iter().flat_map(|pieces| &pieces.ids).copied().collect();
    let shape = [batch.len(), tokens];
    let (mask, kinds) = (vec![1_i64; ids.len()], vec![0_i64; ids.len()]);
    let failed = |e: ort::Error| e.to_string();
    let output = session
        .run(ort::inputs! {
            "input_ids" => TensorRef::from_array_view((shape, ids.as_slice())).map_err(failed)?,
            "attention_mask" => TensorRef::from_array_view((shape, mask.as_slice())).map_err(failed)?,
            "token_type_ids" => TensorRef::from_array_view((shape, kinds.as_slice())).map_err(failed)?,
        })
        .map_err(failed)?;
    let states = output.get("last_hidden_state").ok_or("the model gave no state")?;
    let (_, states) = states.try_extract_tensor::<f32>().map_err(failed)?;
    let (states, rest) = states.as_chunks::<DIMS>();
    if states.len() != ids.len() || !rest.is_empty() {
        return Err(format!("the model gave {} states of {} tokens", states.len(), ids.len()));
    }
    let texts = states.chunks(tokens.max(1)).zip(batch);
    Ok(texts.map(|(states, pieces)| mean(states, pieces.meant.clone())).collect())
}

/// The mean over the tokens that are `meant`, at length 1: dividing by their number would change nothing.
fn mean(states: &[[f32; DIMS]], meant: Range<usize>) -> Vector {
    let mut sum = [0.0; DIMS];
    for state in states.get(meant).unwrap_or_default() {
        for (sum, value) in sum.iter_mut().zip(state) {
            *sum += value;
        }
    }
    Vector::unit(sum)
}

/// Sessions that nobody runs at the moment.
pub(crate) struct Pool {
    idle: Mutex<Vec<Session>>,
    returned: Condvar,
}

impl Pool {
    pub(crate) fn new(sessions: Vec<Session>) -> Self {
        Self { idle: Mutex::new(sessions), returned: Condvar::new() }
    }

    /// A session, waited for if all are in use. It goes back when the lease ends, whatever way that is.
    pub(crate) fn lease(&self) -> Lease<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(session) = idle.pop() {
                return Lease { pool: self, session: Some(session) };
            }
            idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One session of the pool.
pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    session: Option<Session>,
}

impl Lease<'_> {
    /// The vectors of texts of the same number of tokens, in their order.
    pub(crate) fn run(&mut self, batch: &[&Pieces]) -> Result<Vec<Vector>, String> {
        run(self.session.as_mut().ok_or("the session is gone")?, batch)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.session.take());
        self.pool.returned.notify_one();
    }
}
