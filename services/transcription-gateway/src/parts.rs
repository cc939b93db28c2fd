//! Where the bytes of unfinished uploads are kept: objects in the store of recordings that are written once, whole, and
//! never changed; sealed as recordings are.
//!
//! Which pieces make an upload, and in what order, stands in the database; a piece that it does not know does not count
//! and goes with the upload, or is swept. So any replica can go on.

use bytes::Bytes;
use futures::TryStreamExt as _;
use throughline_objects::Store;
use throughline_rpc::Error;

use crate::recordings::{Recordings, storage_error};

/// The pieces.
#[derive(Clone, Debug)]
pub struct Parts(Store);

/// Whose pieces.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub workspace: &'a str,
    pub call: &'a str,
    pub upload: &'a str,
}

impl Owner<'_> {
    /// Where they are within the workspace.
    fn path(self) -> String {
        format!("{}/uploads/{}", self.call, self.upload)
    }
}

impl Parts {
    /// Keeps pieces beside the recordings.
    pub fn new(recordings: &Recordings) -> Self {
        Self(recordings.store().clone())
    }

    /// Stores a piece safely and returns the key it is found by.
    ///
    /// # Errors
    /// STORAGE_FULL, STORAGE_READ_ONLY, STORAGE_UNAVAILABLE; nothing of the piece is left then.
    pub async fn put(&self, owner: Owner<'_>, id: &str, bytes: Bytes) -> Result<String, Error> {
        let begun = self.0.begin(owner.workspace, &format!("{}/{id}", owner.path()));
        let mut upload = begun.map_err(storage_error)?;
        upload.write(&bytes).await.map_err(storage_error)?;
        let mut stored = upload.finish().await.map_err(storage_error)?;
        // Kept by whoever notes its key; what nobody notes is swept.
        stored.keep();
        Ok(stored.key.clone())
    }

    /// Reads a piece.
    ///
    /// # Errors
    /// STORAGE_UNAVAILABLE; INTERNAL if it is gone: the database says that it is there.
    pub async fn get(&self, key: &str) -> Result<Bytes, Error> {
        let object = self.0.open(key).await.map_err(storage_error)?;
        object.read(0..object.bytes()).await.map_err(storage_error)
    }

    /// Removes a piece; one that is not there is no error. What can't be removed now is swept later.
    pub async fn remove(&self, key: &str) {
        if let Err(error) = self.0.remove(key).await {
            tracing::warn!(key, %error, "a piece of an upload could not be removed; it is swept later");
        }
    }

    /// Removes all pieces of an upload, whether the database knows them or not.
    pub async fn remove_all(&self, owner: Owner<'_>) {
        let prefix = format!("{}/{}", owner.workspace, owner.path());
        let listed: Result<Vec<_>, _> = self.0.list(&prefix).try_collect().await;
        match listed {
            Ok(listed) => {
                for piece in listed {
                    self.remove(&piece.key).await;
                }
            }
            Err(error) => {
                tracing::warn!(prefix, %error, "pieces of an upload could not be removed; they are swept later")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use throughline_objects::{Access, Location};

    const OWNER: Owner<'_> = Owner { workspace: "demo", call: "c1", upload: "u1" };

    fn parts(dir: &std::path::Path) -> Parts {
        let connected = Location::folder(dir, Access::default()).connect().unwrap();
        Parts(Store::new(connected, None, Duration::from_secs(5)).0)
    }

    #[tokio::test]
    async fn a_piece_is_read_as_it_was_stored_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let parts = parts(dir.path());
        let key = parts.put(OWNER, "p1", Bytes::from_static(b"hello")).await.unwrap();
        assert_eq!(parts.get(&key).await.unwrap(), "hello");
        parts.remove(&key).await;
        parts.remove(&key).await;
        assert!(parts.get(&key).await.is_err());
    }

    #[tokio::test]
    async fn all_pieces_of_an_upload_go_and_those_of_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let parts = parts(dir.path());
        let gone = parts.put(OWNER, "p1", Bytes::from_static(b"a")).await.unwrap();
        let kept = parts.put(Owner { upload: "u2", ..OWNER }, "p1", Bytes::from_static(b"b")).await.unwrap();
        parts.remove_all(OWNER).await;
        parts.remove_all(OWNER).await;
        assert!(parts.get(&gone).await.is_err());
        assert_eq!(parts.get(&kept).await.unwrap(), "b");
    }
}
