//! Greedy decoding with the merged decoder: one graph for the first token and, with a cache, for those that follow.

use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Tensor, TensorRef};

const LAYERS: usize = 6;
const HEADS: usize = 8;
const HEAD_SIZE: usize = 36;
const BEGIN: i64 = 1;
const END: i64 = 2;

/// The key/value cache of one utterance: of each layer the decoder's and the encoder's keys and values.
type Cache = Vec<DynValue>;

pub(super) struct Decoder {
    session: Session,
    names: Vec<(String, String)>,
}

impl Decoder {
    pub(super) fn new(session: Session) -> Self {
        let names = (0..LAYERS)
            .flat_map(|layer| {
                ["decoder.key", "decoder.value", "encoder.key", "encoder.value"].map(|part| (layer, part))
            })
            .map(|(layer, part)| (format!("past_key_values.{layer}.{part}"), format!("present.{layer}.{part}")))
            .collect();
        Self { session, names }
    }

    /// The tokens of an utterance, at most `limit`, without begin and end; and whether they ended by themselves.
    pub(super) fn decode(&mut self, hidden: &DynValue, mask: &[i64], limit: usize) -> ort::Result<(Vec<i64>, bool)> {
        let mut cache = self.empty_cache()?;
        let mut tokens = Vec::with_capacity(limit);
        let mut last = BEGIN;
        for step in 0..limit {
            last = self.step(hidden, mask, last, step > 0, &mut cache)?;
            if last == END {
                return Ok((tokens, true));
            }
            tokens.push(last);
        }
        Ok((tokens, false))
    }

    fn empty_cache(&self) -> ort::Result<Cache> {
        self.names
            .iter()
            .map(|_| Ok(Tensor::from_array(([1, HEADS, 1, HEAD_SIZE], vec![0_f32; HEADS * HEAD_SIZE]))?.into_dyn()))
            .collect()
    }

    /// Runs the graph for one token and brings the cache up to date.
    fn step(
        &mut self,
        hidden: &DynValue,
        mask: &[i64],
        token: i64,
        use_cache: bool,
        cache: &mut Cache,
    ) -> ort::Result<i64> {
        let mut inputs: Vec<(&str, SessionInputValue<'_>)> = vec![
            ("input_ids", Tensor::from_array(([1, 1], vec![token]))?.into()),
            ("encoder_hidden_states", hidden.into()),
            ("encoder_attention_mask", TensorRef::from_array_view(([1, mask.len()], mask))?.into()),
            ("use_cache_branch", Tensor::from_array(([1], vec![use_cache]))?.into()),
        ];
        inputs.extend(self.names.iter().zip(cache.iter()).map(|((past, _), value)| (past.as_str(), value.into())));
        let mut outputs = self.session.run(inputs)?;
        let (_, logits) = outputs["logits"].try_extract_tensor::<f32>()?;
        let best = logits.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(END as usize, |(i, _)| i);
        for ((past, present), value) in self.names.iter().zip(cache.iter_mut()) {
            // The encoder's part is made in the first step and only handed on afterwards.
            if use_cache && past.contains(".encoder.") {
                continue;
            }
            if let Some(fresh) = outputs.remove(present) {
                *value = fresh;
            }
        }
        Ok(best as i64)
    }
}
