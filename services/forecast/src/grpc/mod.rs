//! The API of this service: parse → authorise → call → render.

mod forecast;
mod parse;
mod render;

pub use forecast::Forecasts;
#[cfg(test)]
pub(crate) use render::evidence::render as evidence;
