//! Puts profiles together from what is stored.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use throughline_store::Result;

use crate::domain::evaluation::Rep;
use crate::domain::id::BehaviorId;
use crate::domain::profile::{Own, Profile, TeamShare, profile};
use crate::store::tallies::{self, Counts};
use crate::store::{Period, behaviors, reps};

/// How many of a rep's latest calls are searched for its best moments of one behavior.
const CALLS_SEARCHED_FOR_MOMENTS: u64 = 25;

/// The profile of one rep, with its best moments.
///
/// # Errors
/// The mapped database error.
pub async fn of_rep(
    conn: &impl ConnectionTrait,
    workspace: &str,
    rep: &str,
    period: Period,
) -> Result<Option<Profile>> {
    let Some(rep) = reps::get(conn, workspace, rep).await? else { return Ok(None) };
    let (team, counts) = team(conn, workspace, period).await?;
    let mut own = own(&rep, &team, &counts);
    for share in &team {
        let id = &share.behavior.id;
        if counts.of(id, &rep.id).tally.shown() > 0
            && let Some(one) = own.get_mut(id)
        {
            one.moments = tallies::moments(conn, workspace, &rep.id, id, period, CALLS_SEARCHED_FOR_MOMENTS).await?;
        }
    }
    let calls = reps::calls(conn, workspace, [&rep.id], period).await?;
    let calls = calls.get(&rep.id).copied().unwrap_or_default();
    Ok(Some(profile(rep, calls, &team, own)))
}

/// Up to `limit` profiles by id over all time, those after `after`, without moments.
///
/// # Errors
/// The mapped database error.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Profile>> {
    let found = reps::list(conn, workspace, after, limit).await?;
    let (team, counts) = team(conn, workspace, Period::default()).await?;
    let calls = reps::calls(conn, workspace, found.iter().map(|rep| &rep.id), Period::default()).await?;
    let one = |rep: Rep| {
        let own = own(&rep, &team, &counts);
        let calls = calls.get(&rep.id).copied().unwrap_or_default();
        profile(rep, calls, &team, own)
    };
    Ok(found.into_iter().map(one).collect())
}

async fn team(conn: &impl ConnectionTrait, workspace: &str, period: Period) -> Result<(Vec<TeamShare>, Counts)> {
    let behaviors = behaviors::all(conn, workspace).await?;
    let counts = tallies::count(conn, workspace, behaviors.iter().map(|behavior| &behavior.id), period).await?;
    let team = behaviors
        .into_iter()
        .map(|behavior| {
            let tallies = counts.tallies(&behavior.id);
            TeamShare::of(behavior, &tallies)
        })
        .collect();
    Ok((team, counts))
}

fn own(rep: &Rep, team: &[TeamShare], counts: &Counts) -> HashMap<BehaviorId, Own> {
    team.iter()
        .map(|share| {
            let id = share.behavior.id.clone();
            let tally = counts.of(&id, &rep.id).tally;
            (id, Own { tally, moments: Vec::new() })
        })
        .collect()
}
