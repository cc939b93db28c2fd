//! transcription-gateway: calls, their recordings and their transcripts.
//!
//! Owns: calls, recordings, transcripts, and the speech engine that makes the one of the other. Does not own: what
//! the words mean (`playbook-evaluator`).

pub mod app;
pub mod audio;
mod clients;
pub mod config;
mod consent;
mod consumer;
pub mod domain;
pub mod engine;
mod finalize;
mod grpc;
mod parts;
mod purge;
mod recordings;
pub mod search;
pub mod speech;
pub mod store;
pub mod telephony;
pub mod voices;
mod words;
mod worker;

pub use app::TranscriptionGateway;
