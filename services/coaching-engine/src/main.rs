//! The coaching engine as a process of its own.

use std::process::ExitCode;

use coaching_engine::CoachingEngine;

fn main() -> ExitCode {
    throughline_runtime::run::<CoachingEngine>()
}
