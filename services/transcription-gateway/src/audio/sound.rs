//! Where sound comes from: a file, an object in a store, or memory.

use std::fs::File;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use symphonia::core::io::MediaSource;

/// Something that can be read from its beginning any number of times.
pub trait Sound: Send + Sync {
    /// Opens it at its beginning. Reading it may wait: it is for threads that may.
    ///
    /// # Errors
    /// When it can't be read.
    fn open(&self) -> io::Result<Box<dyn MediaSource>>;

    /// The same for a thread of its own.
    fn share(&self) -> Arc<dyn Sound>;
}

impl Sound for Path {
    fn open(&self) -> io::Result<Box<dyn MediaSource>> {
        Ok(Box::new(File::open(self)?))
    }

    fn share(&self) -> Arc<dyn Sound> {
        Arc::new(self.to_path_buf())
    }
}

impl Sound for PathBuf {
    fn open(&self) -> io::Result<Box<dyn MediaSource>> {
        self.as_path().open()
    }

    fn share(&self) -> Arc<dyn Sound> {
        self.as_path().share()
    }
}

/// What came with a request and is small enough to be held.
impl Sound for Bytes {
    fn open(&self) -> io::Result<Box<dyn MediaSource>> {
        Ok(Box::new(Cursor::new(self.clone())))
    }

    fn share(&self) -> Arc<dyn Sound> {
        Arc::new(self.clone())
    }
}
