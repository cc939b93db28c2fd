//! Where recordings are kept: a folder of files that are written once and never changed.
//!
//! A file grows under `incoming/` while it is uploaded and is moved to `{workspace}/{call}/` when the upload is
//! complete. What a broken upload left behind is removed at the next start.

use data_encoding::HEXLOWER;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use throughline_rpc::{Error, Reason};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;

const INCOMING: &str = "incoming";
/// No upload takes this long.
const STALE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The folder.
#[derive(Clone, Debug)]
pub struct Recordings {
    dir: PathBuf,
}

/// A file being uploaded; removed unless it is stored.
#[derive(Debug)]
pub struct Incoming {
    path: tempfile::TempPath,
    file: File,
    hash: Sha256,
    bytes: u64,
}

/// A complete upload that has no place yet; removed unless it is stored.
#[derive(Debug)]
pub struct Complete {
    path: tempfile::TempPath,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

impl Recordings {
    /// Uses the folder, making it if needed, and removes what broken uploads left there before `now`.
    pub async fn open(dir: &Path, now: SystemTime) -> io::Result<Self> {
        let incoming = dir.join(INCOMING);
        fs::create_dir_all(&incoming).await?;
        let mut entries = fs::read_dir(&incoming).await?;
        while let Some(entry) = entries.next_entry().await? {
            let modified = entry.metadata().await.and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| now.duration_since(modified).ok());
            if age.is_some_and(|age| age > STALE_AFTER) {
                let removed = fs::remove_file(entry.path()).await;
                tracing::info!(file = %entry.path().display(), ok = removed.is_ok(), "removed what a broken upload left");
            }
        }
        Ok(Self { dir: dir.to_path_buf() })
    }

    /// Begins an upload.
    pub async fn begin(&self) -> Result<Incoming, Error> {
        let dir = self.dir.join(INCOMING);
        let made = tokio::task::spawn_blocking(move || tempfile::NamedTempFile::new_in(dir)).await;
        let (file, path) = made.map_err(Error::internal)?.map_err(|e| storage_error(&e))?.into_parts();
        Ok(Incoming { path, file: File::from_std(file), hash: Sha256::new(), bytes: 0 })
    }

    /// Gives a complete upload its place and returns the key it is found by. Within the transaction that notes the key:
    /// if that fails, [`remove`](Self::remove) it.
    pub async fn store(&self, upload: Complete, workspace: &str, call: &str, id: &str) -> Result<String, Error> {
        let key = format!("{workspace}/{call}/{id}");
        let target = self.path(&key);
        if let Some(dir) = target.parent() {
            fs::create_dir_all(dir).await.map_err(|e| storage_error(&e))?;
        }
        fs::rename(&upload.path, &target).await.map_err(|e| storage_error(&e))?;
        // It has moved: nothing is left to be removed when the value goes.
        let _ = upload.path.keep();
        Ok(key)
    }

    /// Removes a recording; one that is not there is no error.
    pub async fn remove(&self, key: &str) {
        match fs::remove_file(self.path(key)).await {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(key, %error, "a recording could not be removed"),
        }
    }

    /// The file of a recording.
    pub fn path(&self, key: &str) -> PathBuf {
        self.dir.join(key)
    }
}

impl Incoming {
    /// Appends to the file.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.hash.update(chunk);
        self.bytes += chunk.len() as u64;
        self.file.write_all(chunk).await.map_err(|e| storage_error(&e))
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Brings all of it to the disk.
    pub async fn finish(mut self) -> Result<Complete, Error> {
        // A write that is still buffered may be the one for which there is no room.
        self.file.flush().await.map_err(|e| storage_error(&e))?;
        self.file.sync_all().await.map_err(|e| storage_error(&e))?;
        let sha256 = HEXLOWER.encode(&self.hash.finalize());
        Ok(Complete { path: self.path, bytes: self.bytes, sha256 })
    }
}

impl Complete {
    /// Where the file is until it is stored.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What a caller is told of a write that failed.
pub(crate) fn storage_error(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            let message = "no room is left for recordings; nothing of this upload was stored";
            Error::resource_exhausted(Reason::StorageFull, message, None).caused_by(error)
        }
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory => {
            let message = "the folder of recordings can't be written; nothing of this upload was stored";
            Error::failed_precondition(Reason::StorageReadOnly, message).caused_by(error)
        }
        _ => Error::internal(format!("recordings: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(dir: &Path) -> Recordings {
        Recordings::open(dir, SystemTime::UNIX_EPOCH).await.unwrap()
    }

    fn incoming(dir: &Path) -> usize {
        std::fs::read_dir(dir.join(INCOMING)).unwrap().count()
    }

    #[tokio::test]
    async fn an_upload_is_found_by_its_key_once_it_is_stored() {
        let dir = tempfile::tempdir().unwrap();
        let recordings = open(dir.path()).await;
        let mut upload = recordings.begin().await.unwrap();
        upload.write(b"hel").await.unwrap();
        upload.write(b"lo").await.unwrap();
        let complete = upload.finish().await.unwrap();
        assert_eq!(complete.bytes, 5);
        assert_eq!(complete.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        let key = recordings.store(complete, "demo", "c01", "r1").await.unwrap();
        assert_eq!(std::fs::read(recordings.path(&key)).unwrap(), b"hello");
        assert_eq!(incoming(dir.path()), 0);
        recordings.remove(&key).await;
        recordings.remove(&key).await;
        assert!(!recordings.path(&key).exists());
    }

    #[tokio::test]
    async fn an_upload_that_breaks_off_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let recordings = open(dir.path()).await;
        let mut upload = recordings.begin().await.unwrap();
        upload.write(b"hello").await.unwrap();
        drop(upload);
        drop(recordings.begin().await.unwrap().finish().await.unwrap());
        assert_eq!(incoming(dir.path()), 0);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_removed_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).await;
        std::fs::write(dir.path().join(INCOMING).join("left"), "x").unwrap();
        let modified = std::fs::metadata(dir.path().join(INCOMING).join("left")).unwrap().modified().unwrap();
        Recordings::open(dir.path(), modified + Duration::from_secs(3600)).await.unwrap();
        assert_eq!(incoming(dir.path()), 1);
        Recordings::open(dir.path(), modified + Duration::from_secs(25 * 3600)).await.unwrap();
        assert_eq!(incoming(dir.path()), 0);
    }

    #[test]
    fn a_full_and_a_read_only_disk_are_told_apart() {
        let reason = |kind: io::ErrorKind| storage_error(&io::Error::from(kind)).reason();
        assert_eq!(reason(io::ErrorKind::StorageFull), Reason::StorageFull);
        assert_eq!(reason(io::ErrorKind::ReadOnlyFilesystem), Reason::StorageReadOnly);
    }
}
