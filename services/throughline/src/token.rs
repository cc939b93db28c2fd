//! `throughline token`.

use std::process::ExitCode;

use chrono::Duration;
use throughline_rpc::Clock;
use throughline_rpc::auth::DevIssuer;

use crate::cli::TokenArgs;
use crate::{exit, mesh};

/// Longest life of a token, hours: ten years.
const MAX_HOURS: i64 = 87_600;

const ROLES: [&str; 5] = ["rep", "manager", "enablement", "revops", "admin"];

pub(crate) fn run(args: &TokenArgs) -> anyhow::Result<ExitCode> {
    let unknown: Vec<&str> = args.roles.iter().map(String::as_str).filter(|role| !ROLES.contains(role)).collect();
    if !unknown.is_empty() {
        return Err(exit::usage(format!("unknown role {}; there are {}", unknown.join(", "), ROLES.join(", "))));
    }
    if !(1..=MAX_HOURS).contains(&args.hours) {
        return Err(exit::usage(format!("--hours {}: must be 1 to {MAX_HOURS}", args.hours)));
    }
    let data = mesh::data_folder(args.data.as_deref())?;
    let issuer = DevIssuer::open(&data, Clock::system())?;
    let roles: Vec<&str> = args.roles.iter().map(String::as_str).collect();
    println!("{}", issuer.token(&args.subject, &args.workspace, &roles, Duration::hours(args.hours))?);
    Ok(ExitCode::SUCCESS)
}
