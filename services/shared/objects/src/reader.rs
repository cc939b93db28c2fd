//! `Read` and `Seek` over a stored object, for decoders that know nothing of stores.

use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::{Error, Object};

/// Read at once, and held.
const WINDOW: u64 = 512 * 1024;
/// Windows that are held: a decoder that looks at the end of a file comes back to its beginning.
const WINDOWS: usize = 2;

/// A place in an object. Its calls wait for the store: use it on a thread that may, never on the runtime's own.
#[derive(Debug)]
pub struct Reader {
    object: Object,
    runtime: Handle,
    at: u64,
    /// Windows by their number, the one used last in front.
    windows: Vec<(u64, Bytes)>,
}

impl Reader {
    pub(crate) fn new(object: Object, runtime: Handle) -> Self {
        Self { object, runtime, at: 0, windows: Vec::with_capacity(WINDOWS) }
    }

    /// Length of the object, bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.object.bytes()
    }

    fn window(&mut self, number: u64) -> io::Result<&Bytes> {
        let found = self.windows.iter().position(|(held, _)| *held == number);
        let window = match found {
            Some(index) => self.windows.remove(index),
            None => {
                let start = number * WINDOW;
                let read = self.runtime.block_on(self.object.read(start..start + WINDOW)).map_err(told)?;
                self.windows.truncate(WINDOWS - 1);
                (number, read)
            }
        };
        self.windows.insert(0, window);
        self.windows.first().map(|(_, bytes)| bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// The store's error as one of input and output; [`Error`] is inside.
fn told(error: Error) -> io::Error {
    let kind = match &error {
        Error::NotFound(_) => io::ErrorKind::NotFound,
        Error::Unavailable(_) => io::ErrorKind::TimedOut,
        Error::Damaged { .. } => io::ErrorKind::InvalidData,
        Error::Denied(_) | Error::KeyMissing(_) => io::ErrorKind::PermissionDenied,
        Error::Full(_) | Error::Other(_) => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length() || buffer.is_empty() {
            return Ok(0);
        }
        let (number, skip) = (self.at / WINDOW, (self.at % WINDOW) as usize);
        let window = self.window(number)?;
        let rest = window.get(skip..).unwrap_or_default();
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.at += taken as u64;
        Ok(taken)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the beginning"))?;
        Ok(self.at)
    }
}
