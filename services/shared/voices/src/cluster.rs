//! Which pieces of a recording one person says, with the number of persons unknown.
//!
//! Average linkage over cosines with a threshold: of all groups the two whose members are most alike on average become
//! one, until none are alike enough. The nearest-neighbour chain finds the same groups without a matrix of all pairs
//! (Murtagh 1983): the memory is that of the embeddings, so that hours of talk are no trouble.

use crate::embedding::{Embedding, Middle};

/// An embedding to be grouped.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub embedding: Embedding,
    /// Seconds of sound behind it.
    pub seconds: f32,
}

/// Groups of items: for each item the number of its group, from 0 in the order of their first items.
pub fn group(items: &[Item], threshold: f32) -> Vec<usize> {
    let mut groups: Vec<Option<Group>> =
        items.iter().enumerate().map(|(index, item)| Some(Group::of(index, item))).collect();
    let mut chain: Vec<usize> = Vec::new();
    let mut next = 0;
    let mut done: Vec<Group> = Vec::new();
    while next < groups.len() || !chain.is_empty() {
        let Some(&top) = chain.last() else {
            if groups.get(next).is_some_and(Option::is_some) {
                chain.push(next);
            } else {
                next += 1;
            }
            continue;
        };
        let before = chain.len().checked_sub(2).and_then(|at| chain.get(at).copied());
        match nearest(&groups, top, before) {
            Some((found, alike)) if alike >= threshold => {
                if Some(found) == before {
                    chain.truncate(chain.len() - 2);
                    merge(&mut groups, found, top);
                } else {
                    chain.push(found);
                }
            }
            // Nothing is alike enough, nor will what comes of merging others be.
            _ => {
                chain.pop();
                done.extend(groups.get_mut(top).and_then(Option::take));
            }
        }
    }
    number(items.len(), done)
}

struct Group {
    members: Vec<usize>,
    middle: Middle,
}

impl Group {
    fn of(index: usize, item: &Item) -> Self {
        Self { members: vec![index], middle: Middle::of(&item.embedding, weight(item.seconds)) }
    }
}

/// Longer sound says more, but not in proportion.
pub fn weight(seconds: f32) -> f32 {
    seconds.clamp(0.1, 4.0)
}

/// The group most like `of`; `before` wins a tie, so that the chain comes to its end.
fn nearest(groups: &[Option<Group>], of: usize, before: Option<usize>) -> Option<(usize, f32)> {
    let own = groups.get(of)?.as_ref()?;
    let likeness = |index: usize| Some((index, own.middle.mean_cosine(&groups.get(index)?.as_ref()?.middle)));
    let mut best = before.and_then(likeness);
    for (index, likeness) in (0..groups.len()).filter(|index| *index != of).filter_map(likeness) {
        if best.is_none_or(|(_, most)| likeness > most) {
            best = Some((index, likeness));
        }
    }
    best
}

fn merge(groups: &mut [Option<Group>], into: usize, from: usize) {
    let Some(other) = groups.get_mut(from).and_then(Option::take) else { return };
    let Some(Some(group)) = groups.get_mut(into) else { return };
    group.members.extend(other.members);
    group.middle.merge(&other.middle);
}

fn number(items: usize, mut groups: Vec<Group>) -> Vec<usize> {
    groups.sort_by_key(|group| group.members.iter().copied().min());
    let mut labels = vec![0; items];
    for (number, group) in groups.iter().enumerate() {
        for member in &group.members {
            if let Some(label) = labels.get_mut(*member) {
                *label = number;
            }
        }
    }
    labels
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
