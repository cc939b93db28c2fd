//! From a declaration to an engine that recognises.
//!
//! A new kind of engine is an arm in [`build`]; nothing else knows kinds.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

use super::grants::{Grants, Secret};
use super::{Capabilities, EngineError, Recognition, Request, SpeechEngine, moonshine, openai, riva};
use crate::domain::engine::{Kind, Spec};

/// What engines are made of in this process.
#[derive(Clone)]
pub struct Means {
    /// The recognisers in this process; all engines of the kind share them.
    pub embedded: Arc<dyn SpeechEngine>,
    /// Folder of the models.
    pub models_dir: PathBuf,
    /// ONNX Runtime to use instead of the pulled one.
    pub runtime_library: Option<PathBuf>,
    /// What may be reached.
    pub grants: Grants,
    /// PEM of authorities to trust for TLS beside those that browsers trust; read when an engine is set up.
    pub ca_file: Option<PathBuf>,
    /// Whisper in this process; engines of the same model share it.
    #[cfg(feature = "whisper")]
    pub whisper: super::whisper::Whispers,
}

/// The engine of a declaration. Cheap: what costs waits until the engine is first asked.
///
/// # Errors
/// [`EngineError::Rejected`] for what this installation does not allow or have.
pub fn build(workspace: &str, spec: &Spec, means: &Means) -> Result<Arc<dyn SpeechEngine>, EngineError> {
    match &spec.kind {
        Kind::Embedded { model } if model == moonshine::NAME => Ok(Arc::new(Shared(Arc::clone(&means.embedded)))),
        Kind::Embedded { model } => Err(EngineError::Rejected(format!("there is no embedded model {model}"))),
        Kind::OpenAi { base_url, model, credential } => {
            let (host, port) = host_of_url(base_url).map_err(EngineError::Rejected)?;
            let credential = key(workspace, (&host, port), credential.as_deref(), means)?;
            let (base_url, model) = (base_url.clone(), model.clone());
            let settings = openai::Settings { base_url, model, credential, authorities: authorities(means)? };
            Ok(Arc::new(openai::OpenAi::new(settings).map_err(EngineError::Rejected)?))
        }
        Kind::Riva { address, tls, model, credential } => {
            let (host, port) = host_of_address(address).map_err(EngineError::Rejected)?;
            let credential = key(workspace, (&host, port), credential.as_deref(), means)?;
            let (address, model) = (address.clone(), model.clone());
            let settings = riva::Settings { address, tls: *tls, authorities: authorities(means)?, model, credential };
            Ok(Arc::new(riva::Riva::new(settings).map_err(EngineError::Rejected)?))
        }
        #[cfg(feature = "whisper")]
        Kind::Whisper { model } => Ok(Arc::new(Shared(means.whisper.engine(model)))),
        #[cfg(not(feature = "whisper"))]
        Kind::Whisper { .. } => {
            Err(EngineError::Rejected("this gateway was built without the feature `whisper`".to_owned()))
        }
    }
}

/// Whom engines elsewhere are trusted by, beside the authorities that browsers trust.
fn authorities(means: &Means) -> Result<Option<Vec<u8>>, EngineError> {
    let Some(file) = &means.ca_file else { return Ok(None) };
    let read = std::fs::read(file);
    read.map(Some).map_err(|error| EngineError::Rejected(format!("speech.ca_file {}: {error}", file.display())))
}

/// An engine that outlives its declaration: whoever made it ends it.
struct Shared(Arc<dyn SpeechEngine>);

#[async_trait]
impl SpeechEngine for Shared {
    fn name(&self) -> Cow<'_, str> {
        self.0.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn prepare(&self) -> Result<(), EngineError> {
        self.0.prepare().await
    }

    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        self.0.recognise(request).await
    }

    fn has_room(&self) -> bool {
        self.0.has_room()
    }

    async fn stop(&self) {}
}

/// The key of an engine, once its host and key are found to be allowed.
fn key(
    workspace: &str,
    (host, port): (&str, u16),
    credential: Option<&str>,
    means: &Means,
) -> Result<Option<Secret>, EngineError> {
    if let Some(refused) = means.grants.refuses_host(host, port) {
        return Err(EngineError::Rejected(refused));
    }
    credential
        .map(|name| means.grants.credential(name, workspace, host, port).map_err(EngineError::Rejected))
        .transpose()
}

/// Host and port of a base URL; or what is wrong with it.
pub fn host_of_url(base_url: &str) -> Result<(String, u16), String> {
    let url = Url::parse(base_url).map_err(|error| format!("is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("must have no user, password, query or fragment".to_owned());
    }
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => Ok((host.to_owned(), port)),
        _ => Err("names no host".to_owned()),
    }
}

/// Host and port of `host:port`; or what is wrong with it.
pub fn host_of_address(address: &str) -> Result<(String, u16), String> {
    // The URL parser knows what a host is, IPv6 included; nothing but host and port may be in it.
    let url = Url::parse(&format!("grpc://{address}")).map_err(|error| format!("is no address: {error}"))?;
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) if format!("{host}:{port}").eq_ignore_ascii_case(address) => {
            Ok((host.to_owned(), port))
        }
        _ => Err("must have the form host:port".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_gives_its_host_and_port_and_nothing_else() {
        assert_eq!(host_of_url("https://Speech.example/v1"), Ok(("speech.example".to_owned(), 443)));
        assert_eq!(host_of_url("http://[::1]:8000/v1"), Ok(("[::1]".to_owned(), 8000)));
        for bad in ["", "speech.example", "ftp://a/", "http://u@a/", "http://u:p@a/", "http://a/?q", "http://a/#f"] {
            assert!(host_of_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_a_host_and_a_port() {
        assert_eq!(host_of_address("riva.example:50051"), Ok(("riva.example".to_owned(), 50_051)));
        assert_eq!(host_of_address("[::1]:50051"), Ok(("[::1]".to_owned(), 50_051)));
        for bad in ["", "riva.example", "riva.example:", "u@a:1", "a:1/x", "a:1?x", "a:1#x", "http://a:1", "a:99999"] {
            assert!(host_of_address(bad).is_err(), "{bad}");
        }
    }
}
