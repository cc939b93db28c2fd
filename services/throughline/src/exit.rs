//! Exit statuses, as `--help` documents them.

use std::process::ExitCode;

/// Something failed that is no fault of the input: a port in use, a full disk, a service that stopped.
pub(crate) const FAILURE: u8 = 1;
/// The command line, a configuration or a document can't be used.
pub(crate) const USAGE: u8 = 2;
/// A model is missing; the message names the command that gets it.
pub(crate) const MODEL_MISSING: u8 = 3;
/// Some inputs could not be analysed; the others were.
pub(crate) const SOME_FAILED: u8 = 4;

/// The table for `--help`.
pub(crate) const HELP: &str = "Exit status:
  0    all well
  1    failed: a port in use, a full or read-only folder, a service that stopped
  2    the command line or a document can't be used
  3    a model is missing (the message names the command that gets it)
  4    some inputs could not be analysed, the others were
  130  stopped by SIGINT, 143 by SIGTERM";

/// An error that carries its exit status.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) code: u8,
    pub(crate) message: String,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Exit {}

/// The error of a wrong command line or document.
pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
    Exit { code: USAGE, message: message.into() }.into()
}

/// The error of a missing model.
pub(crate) fn model_missing(message: impl Into<String>) -> anyhow::Error {
    Exit { code: MODEL_MISSING, message: message.into() }.into()
}

/// The status of an error.
pub(crate) fn status(error: &anyhow::Error) -> ExitCode {
    let code = error.chain().find_map(|cause| cause.downcast_ref::<Exit>()).map_or(FAILURE, |exit| exit.code);
    ExitCode::from(code)
}
