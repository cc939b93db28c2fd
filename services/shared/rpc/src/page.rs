//! Page tokens: opaque to callers, bound to the method and filter they were issued for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::{Error, Reason};

/// What a list call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How many items at the most.
    pub limit: usize,
    /// Where the previous page ended: what was given to [`Request::next_token`].
    pub after: Option<String>,
    binding: [u8; BINDING],
}

const BINDING: usize = 8;

/// Bounds of `page_size` of a method.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Used for 0.
    pub default: usize,
    /// Larger sizes are cut to it (AIP-158).
    pub max: usize,
}

/// 50, at most 200.
pub const USUAL: Limits = Limits { default: 50, max: 200 };

impl Request {
    /// Reads `page_size` and `page_token`. `filter` is whatever makes the list another one: method, parent, filters.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when the size is negative, or the token is damaged or of another filter.
    pub fn parse(limits: Limits, page_size: i32, page_token: &str, filter: &[&str]) -> Result<Self, Error> {
        let size = usize::try_from(page_size).map_err(|_| Error::invalid_field("page_size", "must not be negative"))?;
        let limit = if size == 0 { limits.default } else { size.min(limits.max) };
        let binding = binding(filter);
        let after = if page_token.is_empty() { None } else { Some(open(page_token, binding)?) };
        Ok(Self { limit, after, binding })
    }

    /// The token of the page after the item at `cursor`.
    #[must_use]
    pub fn next_token(&self, cursor: &str) -> String {
        let mut bytes = self.binding.to_vec();
        bytes.extend_from_slice(cursor.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Cuts `items`, fetched with one more than the limit, to the page, and makes the token when there is more.
    pub fn cut<T>(&self, items: &mut Vec<T>, cursor: impl Fn(&T) -> String) -> String {
        if items.len() <= self.limit {
            return String::new();
        }
        items.truncate(self.limit);
        items.last().map(|last| self.next_token(&cursor(last))).unwrap_or_default()
    }
}

fn open(token: &str, binding: [u8; BINDING]) -> Result<String, Error> {
    let invalid = || {
        let mut violations = crate::Violations::new();
        violations.add("page_token", "was not issued for this method, parent and filter; start again without it");
        Error::invalid_because(Reason::PageTokenInvalid, violations)
    };
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
    let cursor = bytes.strip_prefix(&binding).ok_or_else(invalid)?;
    String::from_utf8(cursor.to_vec()).map_err(|_| invalid())
}

fn binding(filter: &[&str]) -> [u8; BINDING] {
    let mut hash = Sha256::new();
    for part in filter {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut short = [0; BINDING];
    short.copy_from_slice(&digest[..BINDING]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rejects_page_token_of_another_filter() {
        let first = Request::parse(USUAL, 0, "", &["ListCalls", "workspaces/demo", "D-1"]).unwrap();
        let token = first.next_token("c07");
        let error = Request::parse(USUAL, 0, &token, &["ListCalls", "workspaces/demo", "D-2"]).unwrap_err();
        assert_eq!(error.reason(), Reason::PageTokenInvalid);
    }

    proptest! {
        #[test]
        fn a_token_opens_to_its_cursor(cursor in ".*", filter in proptest::collection::vec(".*", 0..4)) {
            let filter: Vec<&str> = filter.iter().map(String::as_str).collect();
            let token = Request::parse(USUAL, 5, "", &filter).unwrap().next_token(&cursor);
            prop_assert_eq!(Request::parse(USUAL, 5, &token, &filter).unwrap().after, Some(cursor));
        }

        #[test]
        fn pages_cover_every_item_once(count in 0_usize..60, size in 1_i32..20) {
            let items: Vec<usize> = (0..count).collect();
            let (mut token, mut seen) = (String::new(), Vec::new());
            loop {
                let request = Request::parse(USUAL, size, &token, &["numbers"]).unwrap();
                let after = request.after.as_ref().map_or(0, |c| c.parse::<usize>().unwrap() + 1);
                let mut page: Vec<usize> = items.iter().copied().skip(after).take(request.limit + 1).collect();
                token = request.cut(&mut page, ToString::to_string);
                seen.extend(page);
                if token.is_empty() { break; }
            }
            prop_assert_eq!(seen, items);
        }
    }
}
