//! An object on its way into the store. Bytes are sealed as they come and go out in parts, so that an upload holds one
//! part in memory and nothing on disk.

use data_encoding::HEXLOWER;
use object_store::{MultipartUpload, PutPayload};
use sha2::{Digest as _, Sha256};

use crate::keys::KEY_BYTES;
use crate::seal::{DataKey, Sealer};
use crate::store::{Left, SEALED, Store};
use crate::{Error, KeyRing, Result};
use std::sync::Arc;

/// Bytes of a part: the least that S3 takes for all but the last. 10,000 of them are 48 GiB.
const PART: usize = 5 * 1024 * 1024;

/// An object being written. Dropped before it is complete, nothing is left of it.
#[derive(Debug)]
pub struct Upload {
    store: Store,
    key: String,
    sealing: Option<Sealing>,
    /// What goes into the next part.
    part: Vec<u8>,
    parts: Option<Box<dyn MultipartUpload>>,
    hash: Sha256,
    bytes: u64,
}

struct Sealing {
    keys: Arc<KeyRing>,
    data_key: [u8; KEY_BYTES],
    sealer: Sealer,
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealing").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// A complete object. Dropped without being [kept](Self::keep), it is removed again.
#[derive(Debug)]
pub struct Stored {
    store: Store,
    kept: bool,
    /// What it is found by.
    pub key: String,
    /// Its length as it came.
    pub bytes: u64,
    /// SHA-256 of the bytes as they came, lower-case hexadecimal.
    pub sha256: String,
    /// Id of the key that it is sealed under; `None` when it lies there as it came.
    pub sealed_with: Option<String>,
}

impl Upload {
    pub(crate) fn begin(store: Store, workspace: &str, path: &str) -> Result<Self> {
        let sealing = match store.keys() {
            None => None,
            Some(keys) => {
                let unusable = |_| Error::Other("no data key could be made".to_owned());
                let mut data_key = [0; KEY_BYTES];
                // Keys come from the system's generator and nowhere else: one that is passed in could only be weaker.
                aws_lc_rs::rand::fill(&mut data_key).map_err(unusable)?;
                let sealer = Sealer::new(DataKey::new(&data_key).map_err(unusable)?);
                Some(Sealing { keys, data_key, sealer })
            }
        };
        let suffix = if sealing.is_some() { SEALED } else { "" };
        let key = format!("{workspace}/{path}{suffix}");
        Ok(Self { store, key, sealing, part: Vec::new(), parts: None, hash: Sha256::new(), bytes: 0 })
    }

    /// Bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends bytes; waits while a part goes out.
    ///
    /// # Errors
    /// When the store does not take it: the upload is of no use then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        match &mut self.sealing {
            None => self.part.extend_from_slice(bytes),
            Some(sealing) => sealing.sealer.push(bytes, &mut self.part).map_err(|_| too_long())?,
        }
        while self.part.len() >= PART {
            let rest = self.part.split_off(PART);
            let part = std::mem::replace(&mut self.part, rest);
            self.send(part.into()).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: PutPayload) -> Result<()> {
        if self.parts.is_none() {
            self.parts = Some(self.store.put_multipart(&self.key).await?);
        }
        match &mut self.parts {
            Some(parts) => self.store.within(parts.put_part(part)).await,
            None => Ok(()),
        }
    }

    /// Completes the object. It is durable then, and found by its key.
    ///
    /// # Errors
    /// When the store does not take it; nothing is left then.
    pub async fn finish(mut self) -> Result<Stored> {
        let mut sealed_with = None;
        let sealing = self.sealing.take();
        let mut rest = std::mem::take(&mut self.part);
        let mut envelope = None;
        if let Some(Sealing { keys, data_key, sealer }) = sealing {
            sealer.finish(&mut rest).map_err(|_| too_long())?;
            sealed_with = Some(keys.current().to_owned());
            envelope = Some((keys, data_key));
        }
        if self.parts.is_some() {
            if !rest.is_empty() {
                self.send(rest.into()).await?;
            }
            if let Some(parts) = self.parts.take() {
                self.store.complete(&self.key, parts).await?;
            }
        } else {
            self.store.create(&self.key, rest.into()).await?;
        }
        let stored = Stored {
            store: self.store.clone(),
            kept: false,
            key: std::mem::take(&mut self.key),
            bytes: self.bytes,
            sha256: HEXLOWER.encode(&self.hash.clone().finalize()),
            sealed_with,
        };
        // Last: whatever has an envelope is whole.
        if let Some((keys, data_key)) = envelope {
            self.store.put_envelope(&keys, &stored.key, &data_key, stored.bytes).await?;
        }
        Ok(stored)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            self.store.leave(Left::Upload(parts));
        }
    }
}

impl Stored {
    /// Keeps the object: its key is noted where it will be found again.
    pub fn keep(&mut self) {
        self.kept = true;
    }

    /// Removes the object now, unless it is kept.
    ///
    /// # Errors
    /// When the store does not answer: what is left is for a sweep.
    pub async fn discard(mut self) -> Result<()> {
        if std::mem::replace(&mut self.kept, true) { Ok(()) } else { self.store.remove(&self.key).await }
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        if !self.kept {
            self.store.leave(Left::Object(std::mem::take(&mut self.key)));
        }
    }
}

fn too_long() -> Error {
    Error::Other("the object has more chunks than can be counted".to_owned())
}
