//! How often each rep showed each behavior: counted by the database, over a period.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::{Error, Result};

use super::entity::outcome as table;
use super::{Period, row};
use crate::domain::adoption::Tally;
use crate::domain::applicability::Occasions;
use crate::domain::conduct::Conduct;
use crate::domain::evidence::Evidence;
use crate::domain::id::{BehaviorId, Id, RepId};

/// What the calls of one rep say of one behavior.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// k and n.
    pub tally: Tally,
    /// Where it applied.
    pub occasions: Occasions,
}

/// By behavior, then by rep.
#[derive(Clone, Debug, Default)]
pub struct Counts(HashMap<BehaviorId, HashMap<RepId, Count>>);

impl Counts {
    /// Of one rep, nothing counted where it has no calls.
    pub fn of(&self, behavior: &BehaviorId, rep: &RepId) -> Count {
        self.0.get(behavior).and_then(|reps| reps.get(rep)).copied().unwrap_or_default()
    }

    /// One tally a rep.
    pub fn tallies(&self, behavior: &BehaviorId) -> Vec<Tally> {
        self.0.get(behavior).map(|reps| reps.values().map(|count| count.tally).collect()).unwrap_or_default()
    }

    /// Occasions over all reps.
    pub fn occasions(&self, behavior: &BehaviorId) -> Occasions {
        let mut all = Occasions::default();
        for count in self.0.get(behavior).into_iter().flat_map(HashMap::values) {
            all.applied += count.occasions.applied;
            all.known += count.occasions.known;
        }
        all
    }
}

/// Counts every rep's calls of the period for these behaviors.
pub async fn count(
    conn: &impl ConnectionTrait,
    workspace: &str,
    behaviors: impl IntoIterator<Item = &BehaviorId>,
    period: Period,
) -> Result<Counts> {
    let ids: Vec<&str> = behaviors.into_iter().map(Id::as_str).collect();
    let rows: Vec<(String, String, String, i64)> = table::Entity::find()
        .select_only()
        .columns([table::Column::Behavior, table::Column::Rep, table::Column::Conduct])
        .column_as(table::Column::Call.count(), "calls")
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Behavior.is_in(ids))
        .filter(period.on(table::Column::CallTime))
        .group_by(table::Column::Behavior)
        .group_by(table::Column::Rep)
        .group_by(table::Column::Conduct)
        .into_tuple()
        .all(conn)
        .await?;
    let mut counts = Counts::default();
    for (behavior, rep, conduct, calls) in rows {
        let calls = u32::try_from(calls).map_err(Error::internal)?;
        let count = counts.0.entry(Id::new(behavior)).or_default().entry(Id::new(rep)).or_default();
        add(count, row::conduct(&conduct)?, calls);
    }
    Ok(counts)
}

fn add(count: &mut Count, conduct: Conduct, calls: u32) {
    let Count { tally, occasions } = count;
    match conduct {
        Conduct::Shown => *tally = Tally::new(tally.shown() + calls, tally.applicable() + calls),
        Conduct::NotShown => *tally = Tally::new(tally.shown(), tally.applicable() + calls),
        Conduct::NotApplicable | Conduct::Unknown => {}
    }
    if conduct.applied() {
        occasions.applied += calls;
    }
    if conduct != Conduct::Unknown {
        occasions.known += calls;
    }
}

/// Evidence of the rep's latest `calls` calls of the period where the behavior was shown, latest first.
pub async fn moments(
    conn: &impl ConnectionTrait,
    workspace: &str,
    rep: &RepId,
    behavior: &BehaviorId,
    period: Period,
    calls: u64,
) -> Result<Vec<Evidence>> {
    let rows: Vec<String> = table::Entity::find()
        .select_only()
        .column(table::Column::Evidence)
        .filter(table::Column::Workspace.eq(workspace))
        .filter(table::Column::Behavior.eq(behavior.as_str()))
        .filter(table::Column::Rep.eq(rep.as_str()))
        .filter(table::Column::Conduct.eq(row::conduct_text(Conduct::Shown)))
        .filter(period.on(table::Column::CallTime))
        .order_by_desc(table::Column::CallTime)
        .order_by_desc(table::Column::Call)
        .limit(calls)
        .into_tuple()
        .all(conn)
        .await?;
    let mut moments = Vec::new();
    for text in rows {
        let evidence = row::from_json::<Vec<Evidence>>(&text)?;
        // What was erased with its call shows nobody anything.
        moments.extend(evidence.into_iter().filter(|place| place.purged_at.is_none()));
    }
    Ok(moments)
}
