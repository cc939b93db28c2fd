//! The keys of an installation: read from a file, several by id, the first of which seals what is new.
//!
//! A workspace's key is derived from a master key (HKDF-SHA-256, the workspace's id as context), so that a data key
//! wrapped for one workspace opens for no other. Rotation: put a new key first and leave the old ones until no
//! envelope names them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use data_encoding::BASE64;

/// Bytes of a master key and of a data key.
pub const KEY_BYTES: usize = 32;
const SALT: &[u8] = b"throughline-objects v1";
const MAX_ID: usize = 40;

/// The keys, by id. Never printed.
pub struct KeyRing(Vec<(String, Prk)>);

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

/// A key that was wrapped for a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// Id of the master key.
    pub key_id: String,
    /// Nonce of the wrapping.
    pub nonce: [u8; NONCE_LEN],
    /// The data key under the workspace's key, with its tag.
    pub sealed: Vec<u8>,
}

impl KeyRing {
    /// Reads a key file: a key on each line, its id and 32 bytes in base64 with a space between; `#` begins a comment.
    ///
    /// # Errors
    /// Every line that can't be used, with its number; a key is never part of it.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let (mut keys, mut problems) = (Vec::<(String, Prk)>::new(), Vec::new());
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let number = index + 1;
            let Some((id, key)) = line.split_once(char::is_whitespace) else {
                problems.push(format!("line {number}: must be an id, a space and a key in base64"));
                continue;
            };
            if !is_id(id) {
                problems.push(format!("line {number}: the id must be 1 to {MAX_ID} of `A-Z a-z 0-9 - _ .`"));
            } else if keys.iter().any(|(known, _)| known == id) {
                problems.push(format!("line {number}: the id `{id}` is used by another key"));
            }
            match BASE64.decode(key.trim().as_bytes()) {
                Ok(key) if key.len() == KEY_BYTES => {
                    keys.push((id.to_owned(), Salt::new(HKDF_SHA256, SALT).extract(&key)));
                }
                Ok(key) => problems.push(format!("line {number}: the key has {} bytes and must have 32", key.len())),
                Err(_) => problems.push(format!("line {number}: the key is no base64")),
            }
        }
        if keys.is_empty() && problems.is_empty() {
            problems.push("there is no key in it".to_owned());
        }
        if problems.is_empty() { Ok(Self(keys)) } else { Err(problems) }
    }

    /// Id of the key that seals what is new.
    #[must_use]
    pub fn current(&self) -> &str {
        self.0.first().map_or("", |(id, _)| id)
    }

    /// Whether there is a key of this id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.0.iter().any(|(known, _)| known == id)
    }

    /// Wraps a data key for a workspace under the current key. `context` must be given again to unwrap it.
    pub(crate) fn wrap(
        &self,
        workspace: &str,
        context: &[u8],
        data_key: &[u8; KEY_BYTES],
    ) -> Result<Wrapped, Unspecified> {
        let (id, master) = self.0.first().ok_or(Unspecified)?;
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce)?;
        let mut sealed = data_key.to_vec();
        let key = workspace_key(master, workspace)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)?;
        Ok(Wrapped { key_id: id.clone(), nonce, sealed })
    }

    /// The data key, if this is how it was wrapped. `None` when the master key is not there.
    pub(crate) fn unwrap(
        &self,
        workspace: &str,
        context: &[u8],
        wrapped: &Wrapped,
    ) -> Option<Result<[u8; KEY_BYTES], Unspecified>> {
        let (_, master) = self.0.iter().find(|(id, _)| *id == wrapped.key_id)?;
        Some(workspace_key(master, workspace).and_then(|key| {
            let mut sealed = wrapped.sealed.clone();
            let nonce = Nonce::assume_unique_for_key(wrapped.nonce);
            let opened = key.open_in_place(nonce, Aad::from(context), &mut sealed)?;
            <[u8; KEY_BYTES]>::try_from(&*opened).map_err(|_| Unspecified)
        }))
    }
}

fn workspace_key(master: &Prk, workspace: &str) -> Result<LessSafeKey, Unspecified> {
    let info = [b"workspace ".as_slice(), workspace.as_bytes()];
    Ok(LessSafeKey::new(UnboundKey::from(master.expand(&info, &AES_256_GCM)?)))
}

fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(ids: &[(&str, u8)]) -> KeyRing {
        let lines: Vec<String> = ids.iter().map(|(id, key)| format!("{id} {}", BASE64.encode(&[*key; 32]))).collect();
        KeyRing::parse(&lines.join("\n")).unwrap()
    }

    #[test]
    fn every_line_that_is_wrong_is_named_and_no_key_is_shown() {
        let good = BASE64.encode(&[7; 32]);
        let text = format!("# keys\n2026 {good}\n2026 {good}\nalone\nb/d {good}\nshort c2hvcnQ=\nno !!!\n");
        let problems = KeyRing::parse(&text).unwrap_err();
        let lines: Vec<&str> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
        assert_eq!(lines, ["line 3", "line 4", "line 5", "line 6", "line 7"]);
        assert!(!problems.concat().contains(&good));
        assert_eq!(KeyRing::parse("# nothing\n").unwrap_err(), ["there is no key in it"]);
        assert_eq!(format!("{:?}", ring(&[("a", 1), ("b", 2)])), r#"["a", "b"]"#);
    }

    #[test]
    fn a_key_is_unwrapped_with_the_same_master_key_workspace_and_context_only() {
        let keys = ring(&[("new", 1), ("old", 2)]);
        let wrapped = keys.wrap("demo", b"here", &[9; 32]).unwrap();
        assert_eq!(wrapped.key_id, "new");
        assert_eq!(keys.unwrap("demo", b"here", &wrapped).unwrap().unwrap(), [9; 32]);
        assert!(keys.unwrap("other", b"here", &wrapped).unwrap().is_err());
        assert!(keys.unwrap("demo", b"there", &wrapped).unwrap().is_err());
        assert!(ring(&[("new", 3)]).unwrap("demo", b"here", &wrapped).unwrap().is_err());
        assert!(ring(&[("old", 2)]).unwrap("demo", b"here", &wrapped).is_none());
        let rotated = ring(&[("newest", 4), ("new", 1)]);
        assert_eq!(rotated.unwrap("demo", b"here", &wrapped).unwrap().unwrap(), [9; 32]);
    }
}
