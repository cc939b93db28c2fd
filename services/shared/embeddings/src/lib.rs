//! Sentence embeddings: text to vectors of 384 numbers, whose dot product says how alike two texts are in meaning.
//!
//! The model is all-MiniLM-L6-v2 on ONNX Runtime: WordPiece tokens (lower-cased, at most [`MAX_TOKENS`]), the mean of
//! the last layer over the tokens (or over those of some words in their text), length 1. Owns: the [`Embedder`], the
//! [`Vector`], its [`Quantized`] form, and the [`VectorStore`] of vectors made beforehand. Does not own: finding or
//! getting the model (see `throughline-models`), or what is done with vectors.
//!
//! # The same text, the same vector
//!
//! Texts run together only with texts of the same number of tokens, so that no padding can show in a vector: it depends
//! on its text, the model and the machine's ONNX Runtime, neither on its neighbours nor on the number of threads. The
//! tests hold vectors of texts alone and among others to the same bits. `README.md` says what was measured.

mod embedder;
mod quantized;
mod session;
mod store;
mod tokens;
mod vector;

pub use embedder::{EmbedError, Embedder};
pub use quantized::{Quantized, QuantizedError};
pub use store::{StoreError, VectorStore};
pub use tokens::MAX_TOKENS;
pub use vector::{DIMS, Vector};
