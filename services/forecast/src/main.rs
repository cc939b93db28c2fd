//! Forecast as a process of its own.

use std::process::ExitCode;

use forecast::Forecast;

fn main() -> ExitCode {
    throughline_runtime::run::<Forecast>()
}
