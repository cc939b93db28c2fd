//! The CRM mirror as a process of its own.

use std::process::ExitCode;

use crm_sync::CrmSync;

fn main() -> ExitCode {
    throughline_runtime::run::<CrmSync>()
}
