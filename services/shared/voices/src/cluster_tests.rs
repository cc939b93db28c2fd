use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::embedding::DIMS;

/// Numbers from -1 to 1, always the same for a seed.
fn noise(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    })
}

/// What `speaker` sounds like the `take`th time: cosines of one speaker are about 0.7, of two about 0.
fn item(speaker: u64, take: u64) -> Item {
    let own = noise(speaker + 1).zip(noise(1_000 + speaker * 1_000 + take));
    let mut values = [0.0; DIMS];
    for (value, (voice, noise)) in values.iter_mut().zip(own) {
        *value = voice + 0.65 * noise;
    }
    Item { embedding: Embedding::unit(&values).unwrap(), seconds: 2.0 }
}

/// Who is with whom, whatever the numbers are.
fn partition(labels: &[usize], names: &[usize]) -> BTreeSet<BTreeSet<usize>> {
    let mut groups = std::collections::BTreeMap::<usize, BTreeSet<usize>>::new();
    for (label, name) in labels.iter().zip(names) {
        groups.entry(*label).or_default().insert(*name);
    }
    groups.into_values().collect()
}

#[test]
fn nothing_has_no_groups_and_one_has_one() {
    assert_eq!(group(&[], 0.5), Vec::<usize>::new());
    assert_eq!(group(&[item(1, 0)], 0.5), [0]);
}

#[test]
fn thousands_are_grouped_in_the_memory_of_their_embeddings() {
    let items: Vec<Item> = (0..1_500).map(|i| item(i % 4, i)).collect();
    let labels = group(&items, 0.4);
    assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn as_many_groups_as_speakers(speakers in prop::collection::vec(0_u64..6, 1..60)) {
        let items: Vec<Item> = speakers.iter().enumerate().map(|(i, s)| item(*s, i as u64)).collect();
        let labels = group(&items, 0.4);
        let names: Vec<usize> = (0..items.len()).collect();
        let known: Vec<usize> = speakers.iter().map(|speaker| *speaker as usize).collect();
        prop_assert_eq!(partition(&labels, &names), partition(&known, &names));
    }

    #[test]
    fn the_order_of_pieces_changes_names_only(
        (items, order) in prop::collection::vec((0_u64..5, 0_u64..40), 1..40).prop_flat_map(|takes| {
            let items: Vec<Item> = takes.iter().enumerate().map(|(i, (s, t))| item(*s, *t + 50 * i as u64)).collect();
            let order = Just((0..items.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(items), order)
        })
    ) {
        let shuffled: Vec<Item> = order.iter().map(|i| items[*i].clone()).collect();
        let names: Vec<usize> = (0..items.len()).collect();
        prop_assert_eq!(partition(&group(&items, 0.4), &names), partition(&group(&shuffled, 0.4), &order));
    }
}
