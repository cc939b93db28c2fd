//! Forecast: the deal log, and what follows from it: health, warnings, win probability and the period's bookings.

pub mod domain;
