//! `throughline token`.

use std::process::ExitCode;

use chrono::Duration;
use throughline_rpc::Clock;
use throughline_rpc::auth::DevIssuer;

use crate::cli::TokenArgs;
use crate::{exit, mesh};

const ROLES: [&str; 5] = ["rep", "manager", "enablement", "revops", "admin"];

pub(crate) fn run(args: &TokenArgs) -> anyhow::Result<ExitCode> {
    let unknown: Vec<&str> = args.roles.iter().map(String::as_str).filter(|role| !ROLES.contains(role)).collect();
    if !unknown.is_empty() {
        return Err(exit::usage(format!("unknown role {}; there are {}", unknown.join(", "), ROLES.join(", "))));
    }
    let data = mesh::data_folder(args.data.as_deref())?;
    let issuer = DevIssuer::open(&data, Clock::system())?;
    let roles: Vec<&str> = args.roles.iter().map(String::as_str).collect();
    println!("{}", issuer.token(&args.subject, &args.workspace, &roles, Duration::hours(args.hours))?);
    Ok(ExitCode::SUCCESS)
}
