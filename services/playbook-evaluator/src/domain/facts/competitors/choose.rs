//! Which of a call's names are other suppliers', where one word may stand in several names.

use super::feature::Feature;
use super::pool::Named;
use super::weights::{BAR, BESIDE_ANOTHER, score};
use std::collections::{BTreeMap, BTreeSet};

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

/// The names over the bar: where two share a word, the surer one, then the longer one.
pub(super) fn choose(names: BTreeMap<String, Named>) -> BTreeMap<String, Named> {
    let mut scored: Vec<(f64, String, Named)> = names.into_iter().map(|(key, n)| (score(&n), key, n)).collect();
    let sure: Vec<(u32, String)> = scored
        .iter()
        .filter(|(score, _, _)| *score > BAR)
        .flat_map(|(_, key, named)| named.mentions.iter().map(|m| (m.turn, key.clone())))
        .collect();
    for (score, key, named) in &mut scored {
        if is_beside(key, named, &sure) {
            *score += BESIDE_ANOTHER;
        }
    }
    scored.retain(|(score, _, _)| *score > BAR);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.len().cmp(&a.1.len())).then_with(|| a.1.cmp(&b.1)));
    let (mut chosen, mut taken) = (BTreeMap::new(), BTreeSet::new());
    for (_, key, named) in scored {
        if key.split_whitespace().all(|word| !taken.contains(word)) {
            taken.extend(key.split_whitespace().map(str::to_owned));
            chosen.insert(key, named);
        }
    }
    chosen
}

/// `We looked at A and B`: is another, sure name said in the same turn as this one, and nothing against this one?
fn is_beside(key: &str, named: &Named, sure: &[(u32, String)]) -> bool {
    named.mentions.iter().any(|mention| {
        let plausible = !SOMETHING_ELSE.iter().any(|f| mention.features.contains(*f))
            && (!mention.features.contains(Feature::Small) || mention.features.contains(Feature::SmallRare));
        plausible && sure.iter().any(|(turn, other)| *turn == mention.turn && !share_a_word(key, other))
    })
}

fn share_a_word(a: &str, b: &str) -> bool {
    a.split_whitespace().any(|word| b.split_whitespace().any(|other| other == word))
}
