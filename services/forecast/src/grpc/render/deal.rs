//! A deal with its health and warnings.

use std::collections::BTreeSet;

use throughline_proto::common::v1::Evidence as PbEvidence;
use throughline_proto::forecast::v1 as pb;
use throughline_rpc::{name, timestamp};

use super::{evidence, probability};
use crate::domain::evidence::Evidence;
use crate::domain::health::{Health, Part, PartHealth, Score};
use crate::domain::norms::{Assessment, Norms};
use crate::domain::view::DealView;
use crate::domain::warnings::Warning;

/// How much evidence is shown of each part and warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Full,
    /// In lists.
    Short,
}

impl Detail {
    fn places(self) -> usize {
        match self {
            Self::Full => 50,
            Self::Short => 2,
        }
    }
}

pub fn deal(
    workspace: &str,
    view: &DealView<'_>,
    assessment: Assessment<'_>,
    norms: &Norms,
    detail: Detail,
) -> pb::Deal {
    let Assessment { health, warnings, win_probability } = assessment;
    let record = view.record;
    let rep = view.rep();
    pb::Deal {
        name: name::DEAL.format([workspace, &view.deal.0]),
        display_name: record.map(|r| r.title.clone()).unwrap_or_default(),
        stage: view.stage().map(|v| v.stage.as_str().to_owned()).unwrap_or_default(),
        amount: record.and_then(|r| r.amount).map(|amount| amount.units()),
        currency: record.map(|r| r.currency.to_string()).unwrap_or_default(),
        close_date: view.close_date().map(|day| day.to_string()).unwrap_or_default(),
        owner: if rep.is_empty() { String::new() } else { name::REP.format([workspace, rep]) },
        segment: view.segment().to_owned(),
        forecast_category: record.map(|r| r.category.clone()).unwrap_or_default(),
        health: health.map(|health| self::health(workspace, health, detail)),
        warnings: warnings.iter().map(|w| warning(workspace, w, norms, detail)).collect(),
        win_probability: Some(probability::win(&win_probability, &norms.rates)),
        calls: view.calls.iter().map(|call| name::CALL.format([workspace, &call.call.0])).collect(),
        as_of: Some(timestamp(view.as_of)),
    }
}

fn health(workspace: &str, health: Health<'_>, detail: Detail) -> pb::Health {
    let Health { score, coverage, parts } = health;
    let known: f64 = parts.iter().filter(|p| p.score.value().is_some()).map(|p| p.part.weight()).sum();
    let parts = parts.into_iter().map(|part| self::part(workspace, part, known, detail)).collect();
    pb::Health { score, coverage, parts }
}

fn part(workspace: &str, part: PartHealth<'_>, known_weight: f64, detail: Detail) -> pb::HealthPart {
    let PartHealth { part, score, contribution, average } = part;
    let value = score.value();
    let (explanation, evidence, calls) = match score {
        Score::Unknown { reason } => (format!("not known: {reason}"), Vec::new(), Vec::new()),
        Score::Known { value: _, findings } => {
            let texts: Vec<_> = findings.iter().map(|f| f.text.as_str()).collect();
            let calls: BTreeSet<_> = findings.iter().flat_map(|f| &f.calls).copied().collect();
            let calls = calls.into_iter().map(|call| name::CALL.format([workspace, &call.0])).collect();
            let places: Vec<_> = findings.iter().map(|f| f.evidence.as_slice()).collect();
            (texts.join("; "), shown(workspace, &places, detail), calls)
        }
    };
    pb::HealthPart {
        id: part_id(part).to_owned(),
        weight: if value.is_some() { part.weight() / known_weight } else { 0.0 },
        score: value.map(|v| 100.0 * v),
        contribution,
        explanation,
        evidence,
        // An average over this deal alone is none.
        average: (average.n >= 2).then_some(100.0 * average.mean),
        average_deals: i32::try_from(average.n).unwrap_or(i32::MAX),
        calls,
    }
}

fn part_id(part: Part) -> &'static str {
    match part {
        Part::Stakeholders => "stakeholders",
        Part::Plan => "plan",
        Part::CriticalBehaviors => "behaviors",
        Part::Momentum => "momentum",
        Part::RisksAndObjections => "risks",
    }
}

fn warning(workspace: &str, warning: &Warning<'_>, norms: &Norms, detail: Detail) -> pb::Warning {
    let Warning { kind, text, clears_when, evidence } = warning;
    let precision = norms.precision_of(*kind);
    pb::Warning {
        id: kind.id().to_owned(),
        text: text.clone(),
        clears_when: clears_when.clone(),
        evidence: shown(workspace, &[evidence.as_slice()], detail),
        precision: Some(pb::WarningPrecision {
            warned: count(precision.warned),
            lost: count(precision.lost),
            share: precision.share(),
            base_share: precision.base_share(),
        }),
    }
}

fn count(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// As many places as the detail allows, each once: the first of every finding, then the second of every finding, and so on.
fn shown(workspace: &str, findings: &[&[&Evidence]], detail: Detail) -> Vec<PbEvidence> {
    let longest = findings.iter().map(|f| f.len()).max().unwrap_or(0);
    let in_turn = (0..longest).flat_map(|i| findings.iter().filter_map(move |f| f.get(i)));
    let mut seen = BTreeSet::new();
    let fresh = in_turn.filter(|e| seen.insert((e.call.0.as_str(), e.turn, e.end_turn, e.quote.as_str())));
    fresh.take(detail.places()).map(|e| evidence::render(workspace, e)).collect()
}
