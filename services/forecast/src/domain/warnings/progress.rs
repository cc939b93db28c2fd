//! Time in stage and the close date.

use super::{Warning, WarningKind};
use crate::domain::view::DealView;
use crate::domain::winning::Durations;

/// Longer in the stage than nine in ten won deals were.
pub fn stalled<'a>(deal: &DealView<'a>, durations: &Durations) -> Option<Warning<'a>> {
    let visit = deal.stage()?;
    let (limit, n) = durations.long_stay(visit.stage)?;
    let stay = deal.days_since(visit.entered_at);
    let stage = visit.stage.as_str();
    let text = format!("{stay:.0} days in {stage}; nine in ten won deals left it within {limit:.0} ({n} stays)");
    (stay > limit).then(|| Warning::new(WarningKind::StalledInStage, text, format!("the deal leaves {stage}")))
}

pub fn close_date_past<'a>(deal: &DealView<'a>) -> Option<Warning<'a>> {
    let date = deal.close_date()?;
    let text = format!("the CRM expects the close on {date}, which has passed, and the deal is open");
    (date < deal.as_of.date_naive())
        .then(|| Warning::new(WarningKind::CloseDatePast, text, "a close date in the future, or the deal is closed"))
}
