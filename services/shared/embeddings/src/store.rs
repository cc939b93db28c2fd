//! Vectors made beforehand, to be looked up by their text.
//!
//! One block of bytes, little-endian: the header (magic, version, numbers a vector, sha256 of the model, count, sha256
//! of all other bytes), then the keys in ascending order, then the vectors in the order of their keys. A key is the
//! first 64 bits of the sha256 of the text without the space around it.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sha2::{Digest as _, Sha256};

use crate::quantized::{Quantized, QuantizedError};
use crate::vector::{DIMS, Vector};

const MAGIC: [u8; 4] = *b"TLVS";
const VERSION: u16 = 1;
const SHA256_BYTES: usize = 32;
/// Where the digest stands: after magic, version, numbers a vector, model and count.
const DIGEST_AT: usize = 4 + 2 + 2 + SHA256_BYTES + 8;
const HEADER_BYTES: usize = DIGEST_AT + SHA256_BYTES;
const KEY_BYTES: usize = size_of::<u64>();

/// Bytes that are not a store, or a store that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("this is not a store of vectors")]
    NotAStore,
    #[error("the store of vectors has version {0}; this build reads version {VERSION}")]
    Version(u16),
    #[error("the store's vectors have {0} numbers, not {DIMS}")]
    Dims(u16),
    #[error("the store of vectors is cut off or too long: {count} vectors do not fit into {bytes} bytes")]
    Length { count: u64, bytes: usize },
    #[error("the store of vectors is damaged: its checksum is wrong")]
    Checksum,
    #[error("the keys of the store are not in ascending order")]
    Order,
    #[error("vector {index} of the store: {error}")]
    Vector { index: usize, error: QuantizedError },
    #[error("`{0}` is not a sha256 in hexadecimal")]
    BadModel(String),
    #[error("the store's vectors are of the model {stored}, not of {loaded}")]
    OtherModel { stored: String, loaded: String },
    #[error("two texts have the same key: `{first}` and `{second}`")]
    Collision { first: String, second: String },
}

/// Read-only vectors by text. It holds the bytes as they are, so a store that is built into the program takes no memory
/// of its own.
#[derive(Clone)]
pub struct VectorStore {
    bytes: Cow<'static, [u8]>,
    model: [u8; SHA256_BYTES],
    count: usize,
}

impl std::fmt::Debug for VectorStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VectorStore").field("model", &self.model_sha256()).field("count", &self.count).finish()
    }
}

impl VectorStore {
    /// The bytes of a store of `entries`, made with the model of this sha256 (hexadecimal). Of a text that comes twice
    /// the first vector is kept.
    pub fn build<T: AsRef<str>>(
        model_sha256: &str,
        entries: impl IntoIterator<Item = (T, Vector)>,
    ) -> Result<Vec<u8>, StoreError> {
        let model = parse_hex(model_sha256).ok_or_else(|| StoreError::BadModel(model_sha256.to_owned()))?;
        let mut sorted: BTreeMap<u64, (T, Quantized)> = BTreeMap::new();
        for (text, vector) in entries {
            match sorted.entry(key(text.as_ref())) {
                Entry::Vacant(entry) => {
                    entry.insert((text, Quantized::from(&vector)));
                }
                Entry::Occupied(entry) => same_text(entry.get().0.as_ref(), text.as_ref())?,
            }
        }
        let mut bytes = Vec::with_capacity(HEADER_BYTES + sorted.len() * (KEY_BYTES + Quantized::BYTES));
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((DIMS as u16).to_le_bytes());
        bytes.extend(model);
        bytes.extend((sorted.len() as u64).to_le_bytes());
        bytes.extend([0; SHA256_BYTES]);
        bytes.extend(sorted.keys().flat_map(|key| key.to_le_bytes()));
        bytes.extend(sorted.values().flat_map(|(_, vector)| vector.to_bytes()));
        let digest = digest(&bytes);
        if let Some(place) = bytes.get_mut(DIGEST_AT..HEADER_BYTES) {
            place.copy_from_slice(&digest);
        }
        Ok(bytes)
    }

    /// Checks `bytes` in full: what opens can be read without errors.
    pub fn open(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, StoreError> {
        let bytes = bytes.into();
        let (model, count) = header(&bytes)?;
        let store = Self { bytes, model, count };
        if !store.keys().is_sorted_by(|a, b| u64::from_le_bytes(*a) < u64::from_le_bytes(*b)) {
            return Err(StoreError::Order);
        }
        for (index, bytes) in store.vectors().iter().enumerate() {
            Quantized::from_bytes(bytes).map_err(|error| StoreError::Vector { index, error })?;
        }
        Ok(store)
    }

    /// The vector of `text`, if it is here. Another text is taken for it once in 2^64.
    pub fn get(&self, text: &str) -> Option<Vector> {
        let key = key(text);
        let index = self.keys().binary_search_by_key(&key, |bytes| u64::from_le_bytes(*bytes)).ok()?;
        Quantized::from_bytes(self.vectors().get(index)?).ok().map(|quantized| quantized.vector())
    }

    /// sha256 of the model that made the vectors, in lower-case hexadecimal.
    pub fn model_sha256(&self) -> String {
        HEXLOWER.encode(&self.model)
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn keys(&self) -> &[[u8; KEY_BYTES]] {
        let keys = self.bytes.get(HEADER_BYTES..HEADER_BYTES + self.count * KEY_BYTES);
        keys.unwrap_or_default().as_chunks().0
    }

    fn vectors(&self) -> &[[u8; Quantized::BYTES]] {
        self.bytes.get(HEADER_BYTES + self.count * KEY_BYTES..).unwrap_or_default().as_chunks().0
    }
}

/// Reads and checks all but the order of the keys and the vectors.
fn header(bytes: &[u8]) -> Result<([u8; SHA256_BYTES], usize), StoreError> {
    let mut rest = bytes;
    if take(&mut rest)? != &MAGIC {
        return Err(StoreError::NotAStore);
    }
    let version = u16::from_le_bytes(*take(&mut rest)?);
    if version != VERSION {
        return Err(StoreError::Version(version));
    }
    let dims = u16::from_le_bytes(*take(&mut rest)?);
    if usize::from(dims) != DIMS {
        return Err(StoreError::Dims(dims));
    }
    let model = *take(&mut rest)?;
    let count = u64::from_le_bytes(*take(&mut rest)?);
    let stored: &[u8; SHA256_BYTES] = take(&mut rest)?;
    let wrong_length = || StoreError::Length { count, bytes: bytes.len() };
    let size = usize::try_from(count).ok().and_then(|count| count.checked_mul(KEY_BYTES + Quantized::BYTES));
    if size != Some(rest.len()) {
        return Err(wrong_length());
    }
    if *stored != digest(bytes) {
        return Err(StoreError::Checksum);
    }
    Ok((model, usize::try_from(count).map_err(|_| wrong_length())?))
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], StoreError> {
    let (taken, after) = rest.split_first_chunk().ok_or(StoreError::NotAStore)?;
    *rest = after;
    Ok(taken)
}

/// sha256 of all bytes but those of the digest itself.
fn digest(bytes: &[u8]) -> [u8; SHA256_BYTES] {
    let mut hash = Sha256::new();
    hash.update(bytes.get(..DIGEST_AT).unwrap_or_default());
    hash.update(bytes.get(HEADER_BYTES..).unwrap_or_default());
    hash.finalize().into()
}

fn key(text: &str) -> u64 {
    let hash: [u8; SHA256_BYTES] = Sha256::digest(text.trim()).into();
    hash.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

fn same_text(first: &str, second: &str) -> Result<(), StoreError> {
    if first.trim() == second.trim() {
        return Ok(());
    }
    Err(StoreError::Collision { first: first.to_owned(), second: second.to_owned() })
}

fn parse_hex(text: &str) -> Option<[u8; SHA256_BYTES]> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
