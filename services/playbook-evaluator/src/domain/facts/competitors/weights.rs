//! How much each feature speaks for a name being another supplier's, and when that is enough.
//!
//! A name's score is the log-odds of its clearest mention and of what the whole call tells. The weights were set by hand
//! and then fitted from there: a logistic regression over the clearest mention of every name in labelled calls, held
//! to the hand-set weights by a ridge of 3, refitted until the clearest mentions stay. They fit the calls they were
//! fitted on better than others.

use super::feature::{Feature, Features};
use super::pool::{Mention, Named};

/// From this score a name is another supplier.
pub(super) const BAR: f64 = -0.6;
/// What a name gains where a sure one is named beside it.
pub(super) const BESIDE_ANOTHER: f64 = 1.0;

const BIAS: f64 = -3.5;

/// Share of the turns that are about a competitor, where nothing is known of the turn.
const USUAL_PRIOR: f64 = 0.05;
/// How far a model's probability for the turn moves a name: its evidence overlaps with the features.
const PRIOR_WEIGHT: f64 = 0.3;

/// What each feature adds to the log-odds.
const WEIGHTS: &[(Feature, f64)] = &[
    (Feature::Small, -2.1),
    (Feature::SmallRare, 3.7),
    (Feature::SmallTwoWords, -1.9),
    (Feature::CapitalInside, 0.5),
    (Feature::CapitalAtStart, 0.9),
    (Feature::CapitalRare, 2.0),
    (Feature::Coined, 1.1),
    (Feature::Acronym, -1.7),
    (Feature::TwoWords, -0.2),
    (Feature::AlsoSmall, -0.6),
    (Feature::GivenName, -2.4),
    (Feature::Called, 1.7),
    (Feature::OfferFrom, 2.7),
    (Feature::PeopleFrom, 2.0),
    (Feature::Versus, 2.3),
    (Feature::Looked, 2.4),
    (Feature::Chosen, 1.9),
    (Feature::System, -1.6),
    (Feature::Customer, -1.5),
    (Feature::Title, -2.2),
    (Feature::Has, 1.0),
    (Feature::There, 0.6),
    (Feature::Exists, -0.4),
    (Feature::From, -2.2),
    (Feature::Place, -2.0),
    (Feature::Greeting, -0.2),
    (Feature::Involved, -0.7),
    (Feature::Joined, 0.1),
    (Feature::Unled, -1.0),
    (Feature::Determined, -1.4),
    (Feature::KindBefore, 1.4),
    (Feature::Offered, 2.5),
    (Feature::Visited, 1.1),
    (Feature::Says, 0.7),
    (Feature::Judged, 0.2),
    (Feature::PersonHas, -1.0),
    (Feature::PersonDoes, -1.0),
    (Feature::Wares, 1.2),
    (Feature::In, -0.1),
    (Feature::Unfollowed, -0.8),
    (Feature::They, -0.2),
    (Feature::Home, 0.3),
    (Feature::HeOrShe, -0.6),
    (Feature::OfficeNear, -1.5),
    (Feature::Break, 0.9),
    (Feature::RivalTalk, 0.9),
    (Feature::TheyOffer, 0.8),
    (Feature::Answer, 2.1),
    (Feature::LateAnswer, 1.2),
    (Feature::ByRep, -1.6),
    (Feature::RepQuestion, -0.1),
    (Feature::Again, -0.2),
    (Feature::RepOnly, -1.8),
    (Feature::RepFirst, -0.7),
    (Feature::EchoedByRep, 0.5),
    (Feature::HadIn, 2.4),
    (Feature::PraisedByRep, 1.2),
    (Feature::AnyPlace, -1.4),
    (Feature::AnyPerson, -1.1),
    (Feature::AnySystem, -0.9),
    (Feature::TheyNext, 1.8),
    (Feature::Apposed, 1.2),
];

/// Log-odds that a name is another supplier's.
pub(super) fn score(named: &Named) -> f64 {
    let clearest = named.mentions.iter().map(|m| of_mention(m, named.over_call)).reduce(f64::max);
    clearest.map_or(f64::NEG_INFINITY, |best| best + BIAS)
}

fn of_mention(mention: &Mention, over_call: Features) -> f64 {
    let features = mention.features.and(over_call);
    let seen = WEIGHTS.iter().filter(|(feature, _)| features.contains(*feature)).map(|(_, weight)| weight);
    seen.sum::<f64>() + mention.prior.map_or(0.0, of_prior)
}

fn of_prior(probability: f32) -> f64 {
    let log_odds = |p: f64| (p / (1.0 - p)).ln();
    PRIOR_WEIGHT * (log_odds(f64::from(probability).clamp(0.01, 0.99)) - log_odds(USUAL_PRIOR))
}
