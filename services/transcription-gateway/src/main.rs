//! The transcription gateway as a process of its own.

use std::process::ExitCode;

use transcription_gateway::TranscriptionGateway;

fn main() -> ExitCode {
    throughline_runtime::run::<TranscriptionGateway>()
}
