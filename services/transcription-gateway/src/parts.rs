//! Where the bytes of unfinished uploads are kept: pieces that are written once, whole, and never changed.
//!
//! Which pieces make an upload, and in what order, stands in the database; a piece that it does not know does not count
//! and goes with the upload. So any store that can put, get and remove will do, and any replica can go on.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use throughline_rpc::Error;
use tokio::fs;
use tokio::task::spawn_blocking;

use crate::recordings::storage_error;

const FOLDER: &str = "parts";

/// The folder of the pieces.
#[derive(Clone, Debug)]
pub struct Parts {
    dir: PathBuf,
}

/// Whose pieces.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub workspace: &'a str,
    pub call: &'a str,
    pub upload: &'a str,
}

impl Parts {
    /// Keeps pieces beside the recordings in `dir`.
    pub async fn open(dir: &Path) -> io::Result<Self> {
        let dir = dir.join(FOLDER);
        fs::create_dir_all(&dir).await?;
        Ok(Self { dir })
    }

    /// Stores a piece safely and returns the key it is found by.
    ///
    /// # Errors
    /// STORAGE_FULL, STORAGE_READ_ONLY; nothing of the piece is left then.
    pub async fn put(&self, owner: Owner<'_>, id: &str, bytes: Bytes) -> Result<String, Error> {
        let key = format!("{}/{id}", prefix(owner));
        let target = self.dir.join(&key);
        spawn_blocking(move || write(&target, &bytes))
            .await
            .map_err(Error::internal)?
            .map_err(|error| storage_error(&error))?;
        Ok(key)
    }

    /// Reads a piece.
    ///
    /// # Errors
    /// INTERNAL if it is gone: the database says that it is there.
    pub async fn get(&self, key: &str) -> Result<Bytes, Error> {
        let read = fs::read(self.dir.join(key)).await;
        read.map(Bytes::from).map_err(|error| Error::internal(format!("part {key}: {error}")))
    }

    /// Removes a piece; one that is not there is no error.
    pub async fn remove(&self, key: &str) {
        log(key, fs::remove_file(self.dir.join(key)).await);
    }

    /// Removes all pieces of an upload, whether the database knows them or not.
    pub async fn remove_all(&self, owner: Owner<'_>) {
        let prefix = prefix(owner);
        log(&prefix, fs::remove_dir_all(self.dir.join(&prefix)).await);
    }
}

fn prefix(Owner { workspace, call, upload }: Owner<'_>) -> String {
    format!("{workspace}/{call}/{upload}")
}

fn write(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = target.parent().unwrap_or(target);
    std::fs::create_dir_all(dir)?;
    // Under another name until it is whole: what is found under the key can be read.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|failed| failed.error)?;
    Ok(())
}

fn log(key: &str, removed: io::Result<()>) {
    match removed {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(key, %error, "parts of an upload could not be removed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner<'_> = Owner { workspace: "demo", call: "c1", upload: "u1" };

    #[tokio::test]
    async fn a_piece_is_read_as_it_was_stored_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let parts = Parts::open(dir.path()).await.unwrap();
        let key = parts.put(OWNER, "p1", Bytes::from_static(b"hello")).await.unwrap();
        assert_eq!(parts.get(&key).await.unwrap(), "hello");
        parts.remove(&key).await;
        parts.remove(&key).await;
        assert!(parts.get(&key).await.is_err());
    }

    #[tokio::test]
    async fn all_pieces_of_an_upload_go_and_those_of_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let parts = Parts::open(dir.path()).await.unwrap();
        let gone = parts.put(OWNER, "p1", Bytes::from_static(b"a")).await.unwrap();
        let kept = parts.put(Owner { upload: "u2", ..OWNER }, "p1", Bytes::from_static(b"b")).await.unwrap();
        parts.remove_all(OWNER).await;
        parts.remove_all(OWNER).await;
        assert!(parts.get(&gone).await.is_err());
        assert_eq!(parts.get(&kept).await.unwrap(), "b");
    }
}
