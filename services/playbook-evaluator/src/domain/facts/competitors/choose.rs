//! Which of a call's names are other suppliers', where one word may stand in several names.

use super::feature::Feature;
use super::pool::Named;
use super::weights::Weights;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a name gains where a sure one is named beside it.
const BESIDE_ANOTHER: f64 = 1.0;

/// What speaks against a name as strongly as a sure one beside it speaks for it.
const SOMETHING_ELSE: [Feature; 11] = [
    Feature::Place,
    Feature::From,
    Feature::Title,
    Feature::PersonDoes,
    Feature::PersonHas,
    Feature::OfficeNear,
    Feature::HeOrShe,
    Feature::GivenName,
    Feature::Acronym,
    Feature::System,
    Feature::Involved,
];

/// A name with its score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scored<'n> {
    pub score: f64,
    pub key: &'n str,
    pub named: &'n Named,
}

/// The names that are other suppliers'.
pub(super) fn choose(mut names: BTreeMap<String, Named>, weights: &Weights) -> BTreeMap<String, Named> {
    let scored = names.iter().map(|(key, named)| Scored { score: weights.score(named), key, named }).collect();
    let chosen: BTreeSet<String> = over(scored, weights.bar).into_iter().map(str::to_owned).collect();
    names.retain(|key, _| chosen.contains(key));
    names
}

/// The names over the bar: where two share a word, the surer one, then the longer one.
pub(super) fn over(mut scored: Vec<Scored<'_>>, bar: f32) -> Vec<&str> {
    let bar = f64::from(bar);
    let mut sure: HashMap<u32, BTreeSet<&str>> = HashMap::new();
    for of in scored.iter().filter(|of| of.score > bar) {
        for mention in &of.named.mentions {
            sure.entry(mention.turn).or_default().insert(of.key);
        }
    }
    for of in scored.iter_mut().filter(|of| of.score > bar - BESIDE_ANOTHER) {
        if is_beside(of.key, of.named, &sure) {
            of.score += BESIDE_ANOTHER;
        }
    }
    scored.retain(|of| of.score > bar);
    scored.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| b.key.len().cmp(&a.key.len())).then_with(|| a.key.cmp(b.key))
    });
    let (mut chosen, mut taken) = (Vec::new(), BTreeSet::new());
    for Scored { key, .. } in scored {
        if key.split_whitespace().all(|word| !taken.contains(word)) {
            taken.extend(key.split_whitespace());
            chosen.push(key);
        }
    }
    chosen
}

/// `We looked at A and B`: is another, sure name said in the same turn as this one, and nothing against this one?
/// `sure`: the sure names by turn.
fn is_beside(key: &str, named: &Named, sure: &HashMap<u32, BTreeSet<&str>>) -> bool {
    named.mentions.iter().any(|mention| {
        let plausible = !SOMETHING_ELSE.iter().any(|f| mention.features.contains(*f))
            && (!mention.features.contains(Feature::Small) || mention.features.contains(Feature::SmallRare));
        plausible && sure.get(&mention.turn).into_iter().flatten().any(|other| !share_a_word(key, other))
    })
}

fn share_a_word(a: &str, b: &str) -> bool {
    a.split_whitespace().any(|word| b.split_whitespace().any(|other| other == word))
}
