//! Background loops of this service.

mod revisits;

pub use revisits::Revisits;
