//! A stored object that was opened: read in ranges, whether it is sealed or not.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use tokio::runtime::Handle;

use crate::envelope::Opened;
use crate::seal::{self, DataKey};
use crate::{Error, Reader, Result, Store};

/// An object and what is needed to read it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Object(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    store: Store,
    key: String,
    bytes: u64,
    data_key: Option<DataKey>,
}

impl Object {
    pub(crate) fn plain(store: Store, key: &str, bytes: u64) -> Self {
        Self(Arc::new(Parts { store, key: key.to_owned(), bytes, data_key: None }))
    }

    pub(crate) fn sealed(store: Store, key: &str, opened: &Opened) -> Result<Self> {
        let unusable = |_| Error::Other("a data key can't be used".to_owned());
        let data_key = Some(DataKey::new(&opened.data_key).map_err(unusable)?);
        Ok(Self(Arc::new(Parts { store, key: key.to_owned(), bytes: opened.bytes, data_key })))
    }

    /// Its length, bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// The bytes of a range, cut at the end of the object. What it holds in memory is the range and a chunk on either side.
    ///
    /// # Errors
    /// When the store does not answer, or the object is not what was stored.
    pub async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        let Parts { store, key, bytes, data_key } = &*self.0;
        let range = range.start.min(*bytes)..range.end.min(*bytes);
        if range.start >= range.end {
            return Ok(Bytes::new());
        }
        let damaged = |what| Error::Damaged { key: key.clone(), what };
        let Some(data_key) = data_key else {
            let (read, _) = store.get(key, range.clone()).await?;
            let whole = read.len() as u64 == range.end - range.start;
            return if whole { Ok(read) } else { Err(damaged("it is shorter than it was")) };
        };
        let (_, place) = seal::place(&range, *bytes);
        let (read, size) = store.get(key, place).await?;
        if size != seal::sealed_bytes(*bytes) {
            return Err(damaged("it has another length than was sealed"));
        }
        let opened = seal::open_range(data_key, &range, *bytes, &mut Vec::from(read));
        opened.map(Bytes::from).map_err(|_| damaged("a chunk is not what was sealed there"))
    }

    /// The bytes of a range in pieces of at most `piece` bytes, each read when it is asked for.
    pub fn stream(&self, range: Range<u64>, piece: u64) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
        let range = range.start.min(self.bytes())..range.end.min(self.bytes());
        let object = self.clone();
        futures::stream::unfold(Some(range), move |range| {
            let object = object.clone();
            async move {
                let range = range.filter(|range| range.start < range.end)?;
                let end = range.end.min(range.start.saturating_add(piece.max(1)));
                let read = object.read(range.start..end).await;
                let rest = read.is_ok().then_some(end..range.end);
                Some((read, rest))
            }
        })
    }

    /// For code that reads and seeks and waits: a decoder on a thread of its own. `runtime` does the reading.
    #[must_use]
    pub fn reader(&self, runtime: Handle) -> Reader {
        Reader::new(self.clone(), runtime)
    }
}
