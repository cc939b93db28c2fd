//! Days since both sides last spoke, against what is usual in the segment: 1 up to the median gap, falling in a line to 0 at three times it.

use super::{Finding, Score};
use crate::domain::cadence::Cadence;
use crate::domain::view::DealView;

pub fn score<'a>(deal: &DealView<'a>, cadence: &Cadence) -> Score<'a> {
    let Some(last) = deal.calls.iter().rev().find(|c| c.two_way()) else {
        return Score::unknown("no call of the deal on which both sides were heard");
    };
    let Some(usual) = cadence.of(deal.segment()) else {
        return Score::unknown(format!(
            "the workspace has under {} gaps between contacts to compare with",
            Cadence::LEAST_GAPS
        ));
    };
    let silent = deal.days_since(last.at);
    // Two calls on one day would make any silence look endless.
    let median = usual.median_days.max(1.0);
    let value = 1.0 - (silent - median) / (2.0 * median);
    let finding = Finding {
        text: format!(
            "{silent:.0} days since both sides last spoke; usual in {} are {median:.0} (median of {} gaps)",
            usual.scope(),
            usual.n
        ),
        favourable: silent <= median,
        evidence: Vec::new(),
        calls: vec![last.call],
    };
    Score::known(value, vec![finding])
}
