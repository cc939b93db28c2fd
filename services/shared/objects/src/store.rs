//! The store: begins uploads, opens, removes and lists objects, and wraps data keys anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::envelope::{self, Place};
use crate::location::Connected;
use crate::object::Object;
use crate::upload::Upload;
use crate::{Error, KeyRing, Result};

/// Ends the name of an object in sealed chunks.
pub(crate) const SEALED: &str = ".sealed";
/// Comes after the name of a sealed object for its envelope.
const ENVELOPE: &str = ".key";
/// Uploads whose owner went away that wait to be given up; what has no room is left to the store's own rules.
const ABANDONED: usize = 256;

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    connected: Connected,
    keys: Mutex<Option<Arc<KeyRing>>>,
    timeout: Duration,
    abandoned: mpsc::Sender<Left>,
}

/// What an owner that went away left.
pub(crate) enum Left {
    /// An upload under way.
    Upload(Box<dyn MultipartUpload>),
    /// An object that nobody kept.
    Object(String),
}

/// Gives up what owners that went away left. Run it beside the store.
#[derive(Debug)]
pub struct Abandoned {
    store: Store,
    left: mpsc::Receiver<Left>,
}

impl std::fmt::Debug for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Upload(_) => "Upload",
            Self::Object(_) => "Object",
        })
    }
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Key of the object; of an envelope, that of the object it belongs to.
    pub key: String,
    /// When it was written.
    pub modified: DateTime<Utc>,
}

impl Store {
    /// A store whose requests end after `timeout`. With keys, what is new is sealed.
    #[must_use]
    pub fn new(connected: Connected, keys: Option<KeyRing>, timeout: Duration) -> (Self, Abandoned) {
        let (abandoned, left) = mpsc::channel(ABANDONED);
        let keys = Mutex::new(keys.map(Arc::new));
        let store = Self(Arc::new(Parts { connected, keys, timeout, abandoned }));
        (store.clone(), Abandoned { store, left })
    }

    /// The keys in use.
    #[must_use]
    pub fn keys(&self) -> Option<Arc<KeyRing>> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Uses other keys from now on.
    pub fn set_keys(&self, keys: KeyRing) {
        *self.0.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
    }

    /// Begins an object at `{workspace}/{path}`; nothing is seen of it until it is complete.
    ///
    /// # Errors
    /// When no data key can be made.
    pub fn begin(&self, workspace: &str, path: &str) -> Result<Upload> {
        Upload::begin(self.clone(), workspace, path)
    }

    /// Opens an object to be read.
    ///
    /// # Errors
    /// When it is not there, can't be opened with these keys, or the store does not answer.
    pub async fn open(&self, key: &str) -> Result<Object> {
        if !key.ends_with(SEALED) {
            let bytes = self.within(self.0.connected.store.head(&self.at(key))).await?.size;
            return Ok(Object::plain(self.clone(), key, bytes));
        }
        let opened = self.envelope(key).await?;
        Object::sealed(self.clone(), key, &opened)
    }

    async fn envelope(&self, key: &str) -> Result<envelope::Opened> {
        let read = self.get(&format!("{key}{ENVELOPE}"), 0..envelope::MAX_BYTES).await?;
        envelope::open(self.keys().as_deref(), place(key), &read.0)
    }

    /// Writes an envelope under the current key.
    pub(crate) async fn put_envelope(&self, keys: &KeyRing, key: &str, data_key: &[u8; 32], bytes: u64) -> Result<()> {
        let envelope = envelope::write(keys, place(key), data_key, bytes)?;
        self.put(&format!("{key}{ENVELOPE}"), envelope.into()).await
    }

    /// Wraps the data key of a sealed object under the current key, if it isn't yet: the object itself stays as it is.
    /// Returns the id of the key that it is under then; `None` for an object that is not sealed.
    ///
    /// # Errors
    /// When the envelope can't be read with these keys, or not be written.
    pub async fn rewrap(&self, key: &str) -> Result<Option<String>> {
        let Some(keys) = self.keys().filter(|_| key.ends_with(SEALED)) else { return Ok(None) };
        let opened = self.envelope(key).await?;
        if opened.key_id != keys.current() {
            self.put_envelope(&keys, key, &opened.data_key, opened.bytes).await?;
        }
        Ok(Some(keys.current().to_owned()))
    }

    /// Removes an object; one that is not there is no error. The envelope goes first: without it nothing can be read.
    ///
    /// # Errors
    /// When the store does not answer or refuses. Removing it again goes on where this ended.
    pub async fn remove(&self, key: &str) -> Result<()> {
        let envelope = key.ends_with(SEALED).then(|| format!("{key}{ENVELOPE}"));
        for key in envelope.iter().map(String::as_str).chain([key]) {
            match self.within(self.0.connected.store.delete(&self.at(key))).await {
                Ok(()) | Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Everything under `prefix` (whole segments), empty for all, in no order.
    pub fn list(&self, prefix: &str) -> impl Stream<Item = Result<Listed>> + Send + use<> {
        let root = self.0.connected.prefix.clone();
        let timeout = self.0.timeout;
        let under = self.at(prefix);
        let entries = self.0.connected.store.list(Some(&under));
        // Each entry has the time of a request: a page of them comes with one.
        let timed = futures::stream::unfold(entries, move |mut entries| async move {
            let next = tokio::time::timeout(timeout, entries.next()).await;
            match next {
                Ok(next) => next.map(|entry| (entry.map_err(Error::from), entries)),
                Err(_) => Some((Err(late(timeout)), futures::stream::empty().boxed())),
            }
        });
        timed.map_ok(move |meta| {
            let key = meta
                .location
                .prefix_match(&root)
                .map(|parts| parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"));
            let key = key.unwrap_or_else(|| meta.location.to_string());
            let key = key.strip_suffix(ENVELOPE).filter(|key| key.ends_with(SEALED)).map_or(key.clone(), str::to_owned);
            Listed { key, modified: meta.last_modified }
        })
    }

    /// A small file of the store's own, outside of every workspace: `None` when it is not there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn read_note(&self, name: &str) -> Result<Option<Bytes>> {
        match self.get(name, 0..envelope::MAX_BYTES).await {
            Ok((bytes, _)) => Ok(Some(bytes)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes such a file.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    pub async fn write_note(&self, name: &str, content: Vec<u8>) -> Result<()> {
        self.put(name, content.into()).await
    }

    /// Bytes of a range, cut at the end of the object, and how many the whole has.
    pub(crate) async fn get(&self, key: &str, range: std::ops::Range<u64>) -> Result<(Bytes, u64)> {
        let at = self.at(key);
        let reading = async {
            let options = object_store::GetOptions { range: Some(range.into()), ..Default::default() };
            let found = self.0.connected.store.get_opts(&at, options).await?;
            let size = found.meta.size;
            Ok((found.bytes().await?, size))
        };
        self.within(reading).await
    }

    /// Writes a small object in one piece, over one that is there.
    async fn put(&self, key: &str, payload: PutPayload) -> Result<()> {
        self.within(self.0.connected.store.put(&self.at(key), payload)).await.map(|_| ())
    }

    /// Makes a new object of one piece.
    pub(crate) async fn create(&self, key: &str, payload: PutPayload) -> Result<()> {
        let (store, key) = (self.clone(), key.to_owned());
        let putting = async move {
            store.put(&key, payload).await?;
            Ok(Left::Object(key))
        };
        self.make(putting).await.map(|_| ())
    }

    /// Begins an upload in parts.
    pub(crate) async fn put_multipart(&self, key: &str) -> Result<Box<dyn MultipartUpload>> {
        let (store, at) = (self.clone(), self.at(key));
        let beginning = async move {
            let parts = store.within(store.0.connected.store.put_multipart(&at)).await?;
            Ok(Left::Upload(parts))
        };
        match self.make(beginning).await? {
            Left::Upload(parts) => Ok(parts),
            Left::Object(_) => Err(unfinished()),
        }
    }

    /// Makes an object of an upload in parts; one that can't be completed is given up.
    pub(crate) async fn complete(&self, key: &str, mut parts: Box<dyn MultipartUpload>) -> Result<()> {
        let (store, key) = (self.clone(), key.to_owned());
        let completing = async move {
            match store.within(parts.complete()).await {
                Ok(_) => Ok(Left::Object(key)),
                Err(error) => {
                    store.leave(Left::Upload(parts));
                    Err(error)
                }
            }
        };
        self.make(completing).await.map(|_| ())
    }

    /// Goes on to the end if whoever asks goes away meanwhile, since a request can't be called back; what it made is given
    /// up then.
    async fn make(&self, making: impl Future<Output = Result<Left>> + Send + 'static) -> Result<Left> {
        let store = self.clone();
        let (answer, answered) = oneshot::channel();
        #[expect(clippy::disallowed_methods, reason = "it ends with its request, and its answer is awaited")]
        tokio::task::spawn(async move {
            let made = making.await.map(|left| Made { store, left: Some(left) });
            // Nobody there: it is dropped, and so given up.
            let _ = answer.send(made);
        });
        let mut made = answered.await.map_err(|_| unfinished())??;
        made.left.take().ok_or_else(unfinished)
    }

    /// Runs a request to its deadline.
    pub(crate) async fn within<T>(&self, request: impl Future<Output = object_store::Result<T>>) -> Result<T> {
        match tokio::time::timeout(self.0.timeout, request).await {
            Ok(answer) => answer.map_err(Error::from),
            Err(_) => Err(late(self.0.timeout)),
        }
    }

    pub(crate) fn leave(&self, left: Left) {
        if self.0.abandoned.try_send(left).is_err() {
            tracing::warn!("more uploads were given up than can be cleaned away; the store's own rules will");
        }
    }

    fn at(&self, key: &str) -> Path {
        let parts = key.split('/').filter(|part| !part.is_empty());
        parts.fold(self.0.connected.prefix.clone(), |path, part| path.join(part))
    }
}

/// What was made, until somebody has it.
struct Made {
    store: Store,
    left: Option<Left>,
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(left) = self.left.take() {
            self.store.leave(left);
        }
    }
}

fn unfinished() -> Error {
    Error::Unavailable("the request came to no end".to_owned())
}

fn late(timeout: Duration) -> Error {
    Error::Unavailable(format!("no answer within {timeout:?}"))
}

/// The workspace is the first part of every key.
fn place(key: &str) -> Place<'_> {
    Place { workspace: key.split('/').next().unwrap_or_default(), key }
}

impl Abandoned {
    /// Works until `shutdown`, then ends with what is left.
    pub async fn run(mut self, shutdown: CancellationToken) {
        loop {
            let left = tokio::select! {
                left = self.left.recv() => left,
                () = shutdown.cancelled() => break,
            };
            let Some(left) = left else { return };
            self.give_up(left).await;
        }
        while let Ok(left) = self.left.try_recv() {
            self.give_up(left).await;
        }
    }

    async fn give_up(&self, left: Left) {
        let done = match left {
            Left::Upload(mut upload) => self.store.within(upload.abort()).await,
            Left::Object(key) => self.store.remove(&key).await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "what a broken upload left stays in the store until it is swept");
        }
    }
}
