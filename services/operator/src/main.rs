//! The operator as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    operator::run()
}
