//! Sealed chunks: AES-256-GCM over 64 KiB at a time, by the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár:
//! Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015), so that a range is read without the
//! rest and nothing can be cut off, swapped or repeated unseen.
//!
//! Nonce: seven zero bytes, the chunk's number (four bytes, big endian), 1 for the last chunk and else 0. A data key seals
//! one object and no other, so no nonce comes twice. An object of n bytes has n / 64 KiB chunks rounded up, at least one.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use std::ops::Range;

use crate::keys::KEY_BYTES;

/// Bytes of a chunk before it is sealed.
pub const CHUNK: usize = 64 * 1024;
/// Bytes that sealing adds to each chunk.
pub const TAG: usize = 16;
const SEALED_CHUNK: u64 = (CHUNK + TAG) as u64;

/// The key of one object.
#[derive(Debug)]
pub struct DataKey(LessSafeKey);

impl DataKey {
    /// Uses these bytes.
    ///
    /// # Errors
    /// When the cipher can't take them.
    pub fn new(key: &[u8; KEY_BYTES]) -> Result<Self, Unspecified> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?)))
    }

    /// Seals a chunk in place.
    ///
    /// # Errors
    /// When the chunk is too long for the cipher.
    pub fn seal(&self, index: u32, last: bool, chunk: &mut Vec<u8>) -> Result<(), Unspecified> {
        self.0.seal_in_place_append_tag(nonce(index, last), Aad::empty(), chunk)
    }

    /// Opens a chunk in place and returns what was sealed.
    ///
    /// # Errors
    /// When it is not that chunk of that object.
    pub fn open<'a>(&self, index: u32, last: bool, chunk: &'a mut [u8]) -> Result<&'a [u8], Unspecified> {
        self.0.open_in_place(nonce(index, last), Aad::empty(), chunk).map(|opened| &*opened)
    }
}

fn nonce(index: u32, last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[7..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}

/// Chunks of an object of so many bytes.
#[must_use]
pub fn chunks(bytes: u64) -> u64 {
    bytes.div_ceil(CHUNK as u64).max(1)
}

/// Bytes of an object once it is sealed.
#[must_use]
pub fn sealed_bytes(bytes: u64) -> u64 {
    bytes + chunks(bytes) * TAG as u64
}

/// Where the chunks lie that hold a range of the bytes of an object: their numbers and their place in the sealed object.
/// An empty range takes the chunk it stands in.
#[must_use]
pub fn place(range: &Range<u64>, bytes: u64) -> (Range<u64>, Range<u64>) {
    let first = (range.start / CHUNK as u64).min(chunks(bytes) - 1);
    let end = range.end.div_ceil(CHUNK as u64).clamp(first + 1, chunks(bytes).max(first + 1));
    (first..end, first * SEALED_CHUNK..(end * SEALED_CHUNK).min(sealed_bytes(bytes)))
}

/// Seals bytes as they come.
#[derive(Debug)]
pub struct Sealer {
    key: DataKey,
    index: u32,
    chunk: Vec<u8>,
}

impl Sealer {
    /// Begins an object.
    #[must_use]
    pub fn new(key: DataKey) -> Self {
        Self { key, index: 0, chunk: Vec::with_capacity(CHUNK + TAG) }
    }

    /// Takes bytes in and appends the chunks that are complete to `sealed`.
    ///
    /// # Errors
    /// When an object has more chunks than can be counted, 256 TiB.
    pub fn push(&mut self, mut bytes: &[u8], sealed: &mut Vec<u8>) -> Result<(), Unspecified> {
        while !bytes.is_empty() {
            // A full chunk waits until it is known that it isn't the last.
            if self.chunk.len() == CHUNK {
                self.flush(false, sealed)?;
            }
            let (taken, rest) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(taken);
            bytes = rest;
        }
        Ok(())
    }

    /// Appends the last chunk.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(mut self, sealed: &mut Vec<u8>) -> Result<(), Unspecified> {
        self.flush(true, sealed)
    }

    fn flush(&mut self, last: bool, sealed: &mut Vec<u8>) -> Result<(), Unspecified> {
        self.key.seal(self.index, last, &mut self.chunk)?;
        sealed.append(&mut self.chunk);
        self.index = self.index.checked_add(1).ok_or(Unspecified)?;
        Ok(())
    }
}

/// Opens chunks as they were read and returns the bytes of `range`. `sealed` are the chunks that [`place`] named.
///
/// # Errors
/// When a chunk is not what was sealed there.
pub fn open_range(key: &DataKey, range: &Range<u64>, bytes: u64, sealed: &mut [u8]) -> Result<Vec<u8>, Unspecified> {
    let (numbers, place) = place(range, bytes);
    if sealed.len() as u64 != place.end - place.start {
        return Err(Unspecified);
    }
    let mut opened = Vec::with_capacity(sealed.len());
    for (number, chunk) in numbers.clone().zip(sealed.chunks_mut(CHUNK + TAG)) {
        let index = u32::try_from(number).map_err(|_| Unspecified)?;
        opened.extend_from_slice(key.open(index, number + 1 == chunks(bytes), chunk)?);
    }
    let skip = usize::try_from(range.start - numbers.start * CHUNK as u64).map_err(|_| Unspecified)?;
    let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(|_| Unspecified)?;
    opened.drain(..skip.min(opened.len()));
    opened.truncate(length);
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEALED: usize = CHUNK + TAG;

    fn key(byte: u8) -> DataKey {
        DataKey::new(&[byte; 32]).unwrap()
    }

    fn content(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|i| (i * 31 + i / 251) as u8).collect()
    }

    /// Sealed in pieces of `step` bytes.
    fn sealed(content: &[u8], step: usize) -> Vec<u8> {
        let (mut sealer, mut sealed) = (Sealer::new(key(1)), Vec::new());
        for piece in content.chunks(step) {
            sealer.push(piece, &mut sealed).unwrap();
        }
        sealer.finish(&mut sealed).unwrap();
        sealed
    }

    fn read(key: &DataKey, sealed: &[u8], range: Range<u64>, bytes: u64) -> Result<Vec<u8>, Unspecified> {
        let (_, place) = place(&range, bytes);
        let part = sealed.get(place.start as usize..place.end as usize).ok_or(Unspecified)?;
        open_range(key, &range, bytes, &mut part.to_vec())
    }

    fn sizes() -> impl Strategy<Value = usize> {
        prop_oneof![
            0..3 * CHUNK,
            Just(0),
            Just(CHUNK - 1),
            Just(CHUNK),
            Just(CHUNK + 1),
            Just(2 * CHUNK),
            Just(2 * CHUNK + 1)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_range_reads_what_was_sealed(bytes in sizes(), step in 1..40_000_usize, a in 0..=200_000_u64, b in 0..=200_000_u64) {
            let content = content(bytes);
            let sealed = sealed(&content, step);
            prop_assert_eq!(sealed.len() as u64, sealed_bytes(bytes as u64));
            let (a, b) = (a.min(bytes as u64), b.min(bytes as u64));
            let range = a.min(b)..a.max(b);
            let opened = read(&key(1), &sealed, range.clone(), bytes as u64).unwrap();
            prop_assert_eq!(&opened[..], &content[range.start as usize..range.end as usize]);
        }

        #[test]
        fn a_changed_byte_is_noticed_by_whoever_reads_its_chunk(bytes in sizes(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut sealed = sealed(&content(bytes), 30_000);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(read(&key(1), &sealed, 0..bytes as u64, bytes as u64).is_err());
        }

        #[test]
        fn what_was_cut_off_is_noticed(bytes in 1..3 * CHUNK, claimed in any::<prop::sample::Index>()) {
            let sealed = sealed(&content(bytes), 30_000);
            // Cut so that it has the length of a shorter object: its last chunk is not marked as one.
            let claimed = claimed.index(bytes) as u64;
            let cut = &sealed[..sealed_bytes(claimed) as usize];
            prop_assert!(read(&key(1), cut, 0..claimed, claimed).is_err());
        }
    }

    #[test]
    fn swapped_repeated_and_foreign_chunks_are_refused() {
        let bytes = 3 * CHUNK as u64;
        let whole = sealed(&content(3 * CHUNK), CHUNK);
        let (first, second) = (&whole[..SEALED], &whole[SEALED..2 * SEALED]);
        let swapped = [second, first, &whole[2 * SEALED..]].concat();
        let repeated = [first, first, &whole[2 * SEALED..]].concat();
        for tampered in [&swapped, &repeated] {
            assert!(read(&key(1), tampered, 0..bytes, bytes).is_err());
        }
        assert!(read(&key(2), &whole, 0..bytes, bytes).is_err());
        assert_eq!(read(&key(1), &whole, 0..bytes, bytes).unwrap(), content(3 * CHUNK));
    }
}
