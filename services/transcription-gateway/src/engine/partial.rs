//! Partial results: which part of a growing hypothesis will probably stay.

/// Compares each hypothesis of a segment with the one before.
#[derive(Debug, Default)]
pub struct StablePrefix {
    last: String,
}

impl StablePrefix {
    /// Takes the next hypothesis and returns how many of its leading bytes the previous one had as well, in whole words.
    pub fn next(&mut self, hypothesis: &str) -> usize {
        let mut stable = 0;
        let mut end = 0;
        for (ours, theirs) in hypothesis.split_inclusive(' ').zip(self.last.split_inclusive(' ')) {
            if ours.trim_end() != theirs.trim_end() {
                break;
            }
            end += ours.len();
            stable = end - (ours.len() - ours.trim_end().len());
        }
        self.last.clear();
        self.last.push_str(hypothesis);
        stable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_that_were_said_twice_are_stable() {
        let mut prefix = StablePrefix::default();
        assert_eq!(prefix.next("we will"), 0);
        assert_eq!(prefix.next("we will go"), "we will".len());
        assert_eq!(prefix.next("we willow"), "we".len());
        assert_eq!(prefix.next("nothing"), 0);
    }

    proptest::proptest! {
        #[test]
        fn the_stable_part_is_a_prefix_of_both(a in "[a-c é]{0,20}", b in "[a-c é]{0,20}") {
            let mut prefix = StablePrefix::default();
            prefix.next(&a);
            let stable = prefix.next(&b);
            proptest::prop_assert!(b.is_char_boundary(stable));
            proptest::prop_assert_eq!(a.get(..stable), b.get(..stable));
        }
    }
}
