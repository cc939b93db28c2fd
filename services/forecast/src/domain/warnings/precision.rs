//! How much a warning meant in the workspace's own past: of the closed deals on which it stood a while before they closed, how many were
//! lost. Thresholds are today's; what each deal showed is as it was known then.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::WarningKind;
use crate::domain::log::Log;
use crate::domain::norms::Norms;
use crate::domain::stage::Status;
use crate::domain::view::DealView;

/// How long before its close a deal is looked at.
const BEFORE_CLOSE: TimeDelta = TimeDelta::days(14);

/// A warning's past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precision {
    /// Closed deals on which it stood.
    pub warned: u32,
    /// Those of them that were lost.
    pub lost: u32,
    /// All closed deals that were known by then, and those of them that were lost.
    pub looked_at: u32,
    pub looked_at_lost: u32,
}

impl Precision {
    /// Under this many warned deals no share is given.
    pub const LEAST_WARNED: u32 = 20;

    pub fn share(self) -> Option<f64> {
        (self.warned >= Self::LEAST_WARNED).then(|| f64::from(self.lost) / f64::from(self.warned))
    }

    pub fn base_share(self) -> Option<f64> {
        (self.warned >= Self::LEAST_WARNED).then(|| f64::from(self.looked_at_lost) / f64::from(self.looked_at))
    }
}

/// Precision of every kind over the closed deals among `deals`.
pub fn precision(log: &Log<'_>, deals: &[DealView<'_>], norms: &Norms) -> BTreeMap<WarningKind, Precision> {
    let mut by_kind: BTreeMap<WarningKind, Precision> =
        WarningKind::ALL.map(|kind| (kind, Precision::default())).into();
    let (mut looked_at, mut looked_at_lost) = (0, 0);
    for deal in deals.iter().filter(|deal| deal.status != Status::Closed) {
        let Some(moment) = deal.closed_at.and_then(|at| at.checked_sub_signed(BEFORE_CLOSE)) else { continue };
        let Some(before) = log.view(deal.deal, moment).filter(DealView::is_open) else { continue };
        let lost = u32::from(deal.status == Status::Lost);
        looked_at += 1;
        looked_at_lost += lost;
        let mut kinds: Vec<_> = super::of(&before, norms).into_iter().map(|w| w.kind).collect();
        kinds.dedup();
        for kind in kinds {
            if let Some(slot) = by_kind.get_mut(&kind) {
                slot.warned += 1;
                slot.lost += lost;
            }
        }
    }
    for slot in by_kind.values_mut() {
        slot.looked_at = looked_at;
        slot.looked_at_lost = looked_at_lost;
    }
    by_kind
}
