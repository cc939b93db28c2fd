//! Where a store is, and how it is reached.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientConfigKey, ObjectStore, RetryConfig};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::connector::Connector;

/// Tries after the first within the deadline of a request.
const RETRIES: usize = 3;
/// No credential is longer; a service account of Google has about 2,400 bytes.
const MAX_CREDENTIAL_BYTES: u64 = 64 * 1024;

/// How a store is reached: part of a service's configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Address of a server that speaks the protocol of S3 or Azure, for example `http://minio:9000`; empty for the cloud's own.
    pub endpoint: String,
    /// Region of the bucket; empty where there is none.
    pub region: String,
    /// Folder with a file for each credential, named as `object_store` names it, for example `aws_access_key_id`; empty
    /// to take what the environment gives: AWS_…, AZURE_…, GOOGLE_… or the identity of the machine or pod.
    pub credentials_dir: PathBuf,
    /// PEM file of the authorities of an https endpoint; empty for those that browsers trust.
    pub ca_file: PathBuf,
    /// Deadline of one request.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Further options by the names that `object_store` gives them.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// Where a store is.
#[derive(Clone, Debug)]
pub struct Location {
    /// `file:///folder`, `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`.
    pub url: String,
    /// How it is reached.
    pub access: Access,
}

/// Why a store can't be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LocationError(String);

/// A store, and where in it everything lies.
#[derive(Clone, Debug)]
pub struct Connected {
    pub store: Arc<dyn ObjectStore>,
    /// What stands in front of every key.
    pub prefix: Path,
}

enum Scheme {
    File(PathBuf),
    S3,
    Azure,
    Google,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            region: String::new(),
            credentials_dir: PathBuf::new(),
            ca_file: PathBuf::new(),
            timeout: Duration::from_secs(30),
            options: BTreeMap::new(),
        }
    }
}

impl Location {
    /// A store by its address.
    pub fn new(url: impl Into<String>, access: Access) -> Self {
        Self { url: url.into(), access }
    }

    /// A folder of this machine.
    #[must_use]
    pub fn folder(dir: &FilePath, access: Access) -> Self {
        let url = std::path::absolute(dir).ok().and_then(|dir| Url::from_file_path(dir).ok());
        Self::new(url.map(String::from).unwrap_or_default(), access)
    }

    /// Whether it is a folder of this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.url.starts_with("file:")
    }

    /// Everything that is wrong with it: `url`, and fields of the access as `access.endpoint`.
    #[must_use]
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let scheme = match self.scheme() {
            Ok((_, scheme)) => Some(scheme),
            Err(problem) => {
                found.push(("url", problem));
                None
            }
        };
        if !self.access.endpoint.is_empty() {
            if !Url::parse(&self.access.endpoint)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            {
                found.push(("access.endpoint", "must be http://host:port or https://host:port".to_owned()));
            }
            if matches!(scheme, Some(Scheme::File(_) | Scheme::Google)) {
                found.push(("access.endpoint", "is for s3 and az only".to_owned()));
            }
        }
        let timeout = Duration::from_millis(100)..=Duration::from_secs(600);
        if !timeout.contains(&self.access.timeout) {
            found.push(("access.timeout", "must be 100ms to 10m".to_owned()));
        }
        found
    }

    fn scheme(&self) -> Result<(Url, Scheme), String> {
        let expected = || {
            "must be file:///folder, s3://bucket/prefix, az://container/prefix or gs://bucket/prefix, without credentials"
                .to_owned()
        };
        let url = Url::parse(&self.url).map_err(|_| expected())?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(expected());
        }
        let scheme = match (url.scheme(), url.has_host()) {
            ("file", false) => Scheme::File(url.to_file_path().map_err(|()| expected())?),
            ("s3", true) => Scheme::S3,
            ("az", true) => Scheme::Azure,
            ("gs", true) => Scheme::Google,
            _ => return Err(expected()),
        };
        Ok((url, scheme))
    }

    /// Opens the store. A folder is made if it is not there; of others nothing is asked yet.
    ///
    /// # Errors
    /// When the configuration, a credential or a folder can't be used; what is said of a credential is its name.
    pub fn connect(&self) -> Result<Connected, LocationError> {
        let (url, scheme) = self.scheme().map_err(|problem| LocationError(format!("url {problem}")))?;
        let failed = |error: object_store::Error| LocationError(error.to_string());
        if let Scheme::File(folder) = &scheme {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| LocationError(format!("{}: {error}", folder.display())))?;
            let store = LocalFileSystem::new_with_prefix(folder).map_err(failed)?;
            let store = store.with_fsync(true).with_automatic_cleanup(true);
            return Ok(Connected { store: Arc::new(store), prefix: Path::default() });
        }
        let prefix = Path::from_url_path(url.path()).map_err(|error| LocationError(format!("url: {error}")))?;
        let connector = Connector { authorities: self.authorities()? };
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: self.access.timeout, ..RetryConfig::default() };
        // Bucket and container only: what comes after them is ours.
        let place = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
        let given = self.given()?;
        let store: Arc<dyn ObjectStore> = match scheme {
            Scheme::S3 | Scheme::File(_) => {
                let mut builder = AmazonS3Builder::from_env().with_url(place);
                for (key, value) in given {
                    builder = builder.with_config(key.parse::<AmazonS3ConfigKey>().map_err(failed)?, value);
                }
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build().map_err(failed)?)
            }
            Scheme::Azure => {
                let mut builder = MicrosoftAzureBuilder::from_env().with_url(place);
                for (key, value) in given {
                    builder = builder.with_config(key.parse::<AzureConfigKey>().map_err(failed)?, value);
                }
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build().map_err(failed)?)
            }
            Scheme::Google => {
                let mut builder = GoogleCloudStorageBuilder::from_env().with_url(place);
                for (key, value) in given {
                    builder = builder.with_config(key.parse::<GoogleConfigKey>().map_err(failed)?, value);
                }
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build().map_err(failed)?)
            }
        };
        Ok(Connected { store, prefix })
    }

    fn authorities(&self) -> Result<Option<Vec<u8>>, LocationError> {
        if self.access.ca_file.as_os_str().is_empty() {
            return Ok(None);
        }
        let read = std::fs::read(&self.access.ca_file);
        read.map(Some).map_err(|error| LocationError(format!("ca_file {}: {error}", self.access.ca_file.display())))
    }

    /// Options of the configuration, then the credentials: those win.
    fn given(&self) -> Result<Vec<(String, String)>, LocationError> {
        let mut given: Vec<(String, String)> =
            self.access.options.iter().map(|(key, value)| (key.to_ascii_lowercase(), value.clone())).collect();
        if !self.access.endpoint.is_empty() {
            given.push((
                if self.url.starts_with("az:") { "azure_endpoint" } else { "aws_endpoint" }.to_owned(),
                self.access.endpoint.clone(),
            ));
            let plain = self.access.endpoint.starts_with("http:");
            given.push((ClientConfigKey::AllowHttp.as_ref().to_owned(), plain.to_string()));
        }
        if !self.access.region.is_empty() {
            given.push(("aws_region".to_owned(), self.access.region.clone()));
        }
        if !self.access.credentials_dir.as_os_str().is_empty() {
            given.extend(credentials(&self.access.credentials_dir)?);
        }
        Ok(given)
    }
}

/// Each file of a folder by its name. Kubernetes mounts a secret as links, beside hidden folders of its own.
fn credentials(dir: &FilePath) -> Result<Vec<(String, String)>, LocationError> {
    let wrong = |path: &FilePath, error: &dyn std::fmt::Display| {
        LocationError(format!("credentials_dir {}: {error}", path.display()))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|error| wrong(dir, &error))? {
        let path = entry.map_err(|error| wrong(dir, &error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
        let metadata = std::fs::metadata(&path).map_err(|error| wrong(&path, &error))?;
        if name.starts_with('.') || !metadata.is_file() {
            continue;
        }
        if metadata.len() > MAX_CREDENTIAL_BYTES {
            return Err(wrong(&path, &"is longer than any credential"));
        }
        let value = std::fs::read_to_string(&path).map_err(|error| wrong(&path, &error))?;
        found.push((name, value.trim_end().to_owned()));
    }
    if found.is_empty() {
        return Err(wrong(dir, &"holds no credential"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Location {
        Location::new(url, Access::default())
    }

    fn with(url: &str, access: impl FnOnce(&mut Access)) -> Location {
        let mut location = at(url);
        access(&mut location.access);
        location
    }

    #[test]
    fn each_kind_of_store_is_opened_by_its_url() {
        for (url, options) in [
            ("s3://bucket/some/prefix", vec![("aws_access_key_id", "a"), ("aws_secret_access_key", "b")]),
            (
                "az://container/some/prefix",
                vec![("azure_storage_account_name", "a"), ("azure_storage_account_key", "Yg==")],
            ),
            ("gs://bucket/some/prefix", vec![("google_skip_signature", "true")]),
        ] {
            let options = options.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let location = with(url, |access| access.options = options);
            assert!(location.violations().is_empty());
            let connected = location.connect().unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(connected.prefix.as_ref(), "some/prefix");
        }
        let folder = tempfile::tempdir().unwrap();
        Location::folder(&folder.path().join("a b"), Access::default()).connect().unwrap();
        assert!(folder.path().join("a b").is_dir());
    }

    #[test]
    fn every_violation_is_found_and_credentials_have_no_place_in_a_url() {
        let wrong = with("ftp://x", |access| {
            access.endpoint = "minio".to_owned();
            access.timeout = Duration::ZERO;
        });
        let fields: Vec<&str> = wrong.violations().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["url", "access.endpoint", "access.timeout"]);
        assert_eq!(at("s3://key:secret@bucket").violations().len(), 1);
        assert_eq!(with("gs://x", |access| access.endpoint = "http://x:1".to_owned()).violations().len(), 1);
    }

    #[test]
    fn a_credential_of_an_unknown_name_is_an_error_that_does_not_show_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("aws_acces_key"), "sesame").unwrap();
        let location = with("s3://bucket", |access| access.credentials_dir = folder.path().to_owned());
        let error = location.connect().unwrap_err().to_string();
        assert!(error.contains("aws_acces_key") && !error.contains("sesame"), "{error}");
    }
}
