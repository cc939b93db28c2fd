//! Stage histories of an export.

use std::collections::BTreeMap;

use super::{Context, row::Gathered, table::Table};
use crate::domain::{date, stage::StageChange};

pub(super) fn history(table: &Table, context: &mut Context<'_>) {
    let mut histories: BTreeMap<String, Vec<StageChange>> = BTreeMap::new();
    for row in table.rows() {
        let mut entry = Gathered::new(row, context);
        let id = entry.required("id");
        if id.is_some_and(|id| !entry.context.directory.deals.contains_key(id)) {
            entry.error("id", "is not among the opportunities");
        }
        let stage = entry
            .required("stage")
            .and_then(|spelling| entry.context.pipeline.find(spelling).map(|stage| stage.id.clone()));
        if stage.is_none() && row.text("stage").is_some() {
            let ids = entry.context.pipeline.ids();
            entry.error("stage", format!("is not a stage of the picklist: {ids}"));
        }
        let moment = entry
            .required("entered_at")
            .zip(row.order("entered_at"))
            .map(|(text, order)| date::parse_moment(text, order));
        let entered_at = match moment {
            Some(Ok(moment)) => Some(moment),
            Some(Err(reason)) => {
                entry.error("entered_at", reason);
                None
            }
            None => None,
        };
        let (true, Some(id), Some(stage), Some(entered_at)) = (entry.sound, id, stage, entered_at) else { continue };
        let history = histories.entry(id.to_owned()).or_default();
        let change = StageChange { entered_at, stage };
        if history.contains(&change) {
            entry.warn("id", "", "repeats another row: counted once");
        } else {
            history.push(change);
        }
    }
    histories.values_mut().for_each(|history| context.pipeline.sort(history));
    check_ends(table, &histories, context);
    context.batch.histories.append(&mut histories);
}

/// The last stage of a history should be the one the opportunity is in; people see where it is not.
fn check_ends(table: &Table, histories: &BTreeMap<String, Vec<StageChange>>, context: &mut Context<'_>) {
    let Some(row) = table.rows().next() else { return };
    let place = super::Place { row: 0, line: 0, ..row.place("stage") };
    for (id, changes) in histories {
        let (last, present) = (changes.last(), context.directory.deals.get(id));
        if let (Some(last), Some(present)) = (last, present)
            && last.stage != *present
            && !present.is_empty()
        {
            context.report.warn(
                place.clone(),
                "",
                format!("the history of {id} ends in {:?}, the opportunity is in {present:?}", last.stage),
            );
        }
    }
}
