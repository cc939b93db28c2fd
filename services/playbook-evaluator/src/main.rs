//! The playbook evaluator as a process of its own.

use std::process::ExitCode;

use playbook_evaluator::PlaybookEvaluator;

fn main() -> ExitCode {
    throughline_runtime::run::<PlaybookEvaluator>()
}
