//! Files that are replaced under a running service: certificates, keys, authorities. Kubernetes swaps a symbolic link, so
//! their contents are compared, not their times.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(2);

/// Some files that belong together, as they were when they were read last.
#[derive(Debug)]
pub struct Watched {
    paths: Vec<PathBuf>,
    contents: Vec<Vec<u8>>,
    /// Was it said that they can't be read?
    missed: bool,
}

impl Watched {
    /// Reads the files.
    ///
    /// # Errors
    /// The file that can't be read, and why.
    pub fn open(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Self, String> {
        let paths: Vec<PathBuf> = paths.into_iter().map(|path| path.as_ref().to_owned()).collect();
        let contents = read(&paths)?;
        Ok(Self { paths, contents, missed: false })
    }

    /// What was in them, in the order they were named.
    #[must_use]
    pub fn contents(&self) -> &[Vec<u8>] {
        &self.contents
    }

    /// Reads them again; has one changed? While one can't be read, they count as they were.
    pub fn look(&mut self) -> bool {
        match read(&self.paths) {
            Ok(contents) => {
                self.missed = false;
                let changed = contents != self.contents;
                self.contents = contents;
                changed
            }
            Err(error) => {
                if !std::mem::replace(&mut self.missed, true) {
                    tracing::warn!(error, "a file in use can't be read; what was in it stays in use");
                }
                false
            }
        }
    }

    /// Ends once one of them has changed. It looks every two seconds.
    pub async fn changed(&mut self) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            if self.look() {
                return;
            }
        }
    }
}

fn read(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, String> {
    paths.iter().map(|path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_that_is_swapped_is_a_change_and_a_missing_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (version, text) in [("1", "one"), ("2", "two"), ("3", "two")] {
            std::fs::create_dir(at(version)).unwrap();
            std::fs::write(at(version).join("tls.crt"), text).unwrap();
        }
        let link_to = |version: &str| {
            std::os::unix::fs::symlink(at(version), at("new")).unwrap();
            std::fs::rename(at("new"), at("data")).unwrap();
        };
        link_to("1");
        let mut watched = Watched::open([at("data/tls.crt")]).unwrap();
        assert!(!watched.look());
        link_to("2");
        assert!(watched.look());
        link_to("3");
        assert!(!watched.look());
        std::fs::remove_file(at("data")).unwrap();
        assert!(!watched.look());
        assert_eq!(watched.contents(), [b"two"]);
    }
}
