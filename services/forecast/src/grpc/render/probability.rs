//! The probability of winning, with a sentence on what it is and what it is not.

use throughline_proto::forecast::v1 as pb;

use crate::domain::winning::{BaseRates, Method, Tally, WinProbability};

pub fn win(probability: &WinProbability, rates: &BaseRates) -> pb::WinProbability {
    let WinProbability { method, estimate, tally, stage, segment, prior } = probability;
    pb::WinProbability {
        method: self::method(*method).into(),
        value: estimate.map(|e| e.value),
        lower: estimate.map(|e| e.lower),
        upper: estimate.map(|e| e.upper),
        won: count(tally.won),
        lost: count(tally.lost),
        explanation: explanation(probability, rates),
        stage: stage.clone().unwrap_or_default(),
        segment: segment.clone().unwrap_or_default(),
        prior_mean: prior.map(|p| p.mean),
        prior_deals: prior.map(|p| p.deals),
    }
}

pub fn method(method: Method) -> pb::ProbabilityMethod {
    match method {
        Method::BaseRate => pb::ProbabilityMethod::BaseRate,
        Method::Closed => pb::ProbabilityMethod::Closed,
        Method::InsufficientHistory => pb::ProbabilityMethod::InsufficientHistory,
    }
}

pub fn count(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn explanation(probability: &WinProbability, rates: &BaseRates) -> String {
    let WinProbability { method, estimate, tally, stage, segment, prior } = probability;
    match method {
        Method::Closed => match estimate.map(|e| e.value == 1.0) {
            Some(true) => "The deal is won already.".to_owned(),
            Some(false) => "The deal is lost already.".to_owned(),
            None => "The deal is closed, and its stage does not say whether it was won.".to_owned(),
        },
        Method::InsufficientHistory => insufficient(*tally),
        Method::BaseRate => {
            let stage = stage.as_ref().map_or("in any stage".to_owned(), |s| format!("in {s}"));
            let segment = segment.as_ref().map_or(String::new(), |s| format!(" of segment {s}"));
            let drawn = prior.map_or(String::new(), |p| {
                format!(", drawn to {:.0} %, which counts as {:.0} deals", 100.0 * p.mean, p.deals)
            });
            format!(
                "A base rate: of {} closed deals{segment} that were {stage}, {} were won{drawn}. Nothing of this deal but its stage \
                 and segment enters, and it does not claim to be better than the base rate. {}",
                tally.n(),
                tally.won,
                no_model(rates)
            )
        }
    }
}

/// Why there is no number.
pub fn insufficient(closed: Tally) -> String {
    format!(
        "No probability is given: {} closed deals are known, {} won and {} lost; a base rate needs {} with both outcomes among them.",
        closed.n(),
        closed.won,
        closed.lost,
        BaseRates::LEAST_CLOSED
    )
}

/// Why no model is used.
pub fn no_model(rates: &BaseRates) -> String {
    let Tally { won, lost } = rates.closed_with_calls();
    format!(
        "No model is used: this release has base rates only, and one would need {} won and {} lost deals with calls (there are {won} and {lost}).",
        BaseRates::MODEL_NEEDS.won,
        BaseRates::MODEL_NEEDS.lost
    )
}
