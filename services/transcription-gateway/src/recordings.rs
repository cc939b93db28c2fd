//! Where recordings are kept: objects that are written once and never changed, sealed where there are keys.
//!
//! Bytes go into the store as they come and are not seen there before the upload is complete; nothing waits on the disk
//! of this process. An object whose key no call notes in the end is removed: at once by whoever wrote it, else by
//! [`sweep`](crate::worker::sweep).

use std::io;
use std::path::Path;
use std::sync::Arc;

use symphonia::core::io::MediaSource;
use throughline_objects::{Abandoned, Error as StoreError, KeyRing, Object, Reader, Store, Stored, Upload};
use throughline_rpc::{Error, Reason};
use tokio::runtime::Handle;

use crate::audio::Sound;
use crate::config::RecordingsConfig;

/// The store.
#[derive(Clone, Debug)]
pub struct Recordings(Store);

/// A recording being uploaded; nothing is left of it unless it is kept.
#[derive(Debug)]
pub struct Incoming(Upload);

/// A recording that was opened, for decoders.
#[derive(Clone, Debug)]
pub struct Recording {
    object: Object,
    runtime: Handle,
}

/// Reads the keys of a file.
///
/// # Errors
/// What is wrong with the file, by line.
pub fn keys(file: &Path) -> anyhow::Result<KeyRing> {
    let text = std::fs::read_to_string(file)?;
    KeyRing::parse(&text).map_err(|problems| anyhow::anyhow!("{}", problems.join("; ")))
}

impl Recordings {
    /// Opens the store of a configuration. Without keys, recordings lie in it as they came.
    ///
    /// # Errors
    /// When folder, credentials or keys can't be used.
    pub fn open(config: &RecordingsConfig) -> anyhow::Result<(Self, Abandoned)> {
        let location = config.location();
        let keys = match config.keys_file() {
            Some(file) => {
                let read =
                    keys(file).map_err(|error| error.context(format!("recordings.keys_file {}", file.display())))?;
                Some(read)
            }
            None => {
                if !config.accept_unencrypted {
                    let message = "recordings are stored unencrypted: no recordings.keys_file is given";
                    tracing::warn!(store = location.url, "{message}");
                }
                None
            }
        };
        let (store, abandoned) = Store::new(location.connect()?, keys, location.access.timeout);
        Ok((Self(store), abandoned))
    }

    /// The store, for those who keep more in it than recordings.
    pub fn store(&self) -> &Store {
        &self.0
    }

    /// Begins an upload of a recording of `call`; `id` is one that is used for nothing else.
    pub fn begin(&self, workspace: &str, call: &str, id: &str) -> Result<Incoming, Error> {
        self.0.begin(workspace, &format!("{call}/{id}")).map(Incoming).map_err(storage_error)
    }

    /// Opens a recording.
    pub async fn recording(&self, key: &str) -> Result<Recording, StoreError> {
        let object = self.0.open(key).await?;
        Ok(Recording { object, runtime: Handle::current() })
    }

    /// Removes a recording; one that is not there is no error. What can't be removed now is swept later.
    pub async fn remove(&self, key: &str) {
        if let Err(error) = self.0.remove(key).await {
            tracing::warn!(key, %error, "a recording that nobody needs any more could not be removed; it is swept later");
        }
    }
}

impl Incoming {
    /// Appends bytes.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.0.write(chunk).await.map_err(storage_error)
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.0.bytes()
    }

    /// Brings all of it into the store. It is removed again unless it is [kept](Stored::keep), in the transaction that
    /// notes its key.
    pub async fn finish(self) -> Result<Stored, Error> {
        self.0.finish().await.map_err(storage_error)
    }
}

impl Recording {
    /// The object itself.
    pub fn object(&self) -> &Object {
        &self.object
    }
}

impl Sound for Recording {
    fn open(&self) -> io::Result<Box<dyn MediaSource>> {
        Ok(Box::new(Source(self.object.reader(self.runtime.clone()))))
    }

    fn share(&self) -> Arc<dyn Sound> {
        Arc::new(self.clone())
    }
}

struct Source(Reader);

impl io::Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl io::Seek for Source {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.0.length())
    }
}

/// What a caller is told of a store that did not do as it was asked.
pub fn storage_error(error: StoreError) -> Error {
    match &error {
        StoreError::Full(_) => {
            let message = "no room is left for recordings; nothing of this upload was stored";
            Error::resource_exhausted(Reason::StorageFull, message, None)
        }
        StoreError::Denied(_) => {
            let message = "the store of recordings can't be written or read; nothing of this upload was stored";
            Error::failed_precondition(Reason::StorageReadOnly, message)
        }
        StoreError::Unavailable(_) => {
            Error::unavailable(Reason::StorageUnavailable, "the store of recordings does not answer")
        }
        StoreError::KeyMissing(id) => {
            let message = format!("the recording is sealed under the key `{id}`, which recordings.keys_file lacks");
            Error::failed_precondition(Reason::StorageKeyMissing, message).with_metadata("key_id", id)
        }
        StoreError::NotFound(_) | StoreError::Damaged { .. } | StoreError::Other(_) => {
            return Error::internal(format!("recordings: {error}"));
        }
    }
    .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_of_the_store_has_its_reason() {
        let reason = |error: StoreError| storage_error(error).reason();
        assert_eq!(reason(StoreError::Full(String::new())), Reason::StorageFull);
        assert_eq!(reason(StoreError::Denied(String::new())), Reason::StorageReadOnly);
        assert_eq!(reason(StoreError::Unavailable(String::new())), Reason::StorageUnavailable);
        assert_eq!(reason(StoreError::KeyMissing("k1".to_owned())), Reason::StorageKeyMissing);
        assert_eq!(reason(StoreError::Damaged { key: String::new(), what: "" }), Reason::Internal);
    }
}
