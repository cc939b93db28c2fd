//! The API of this service: parse → authorise → call → render.

mod coaching;
mod render;

pub use coaching::Coaching;
