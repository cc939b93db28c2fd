//! The document of a Playbook: inline or in a ConfigMap.

use data_encoding::HEXLOWER;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, ResourceExt as _};
use sha2::{Digest as _, Sha256};

use super::{ConfigMapKey, Playbook};
use crate::failure::{Class, Failure};

/// Largest document that the evaluator takes.
pub const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// A document.
pub struct Document {
    pub text: String,
    /// Lower-case hex.
    pub sha256: String,
}

impl Document {
    fn new(text: String) -> Self {
        let sha256 = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        Self { text, sha256 }
    }
}

/// Reads the document of a Playbook.
pub async fn read(client: &Client, playbook: &Playbook) -> Result<Document, Failure> {
    let text = match (&playbook.spec.document, &playbook.spec.document_from) {
        (Some(text), None) => text.clone(),
        (None, Some(source)) => {
            let namespace = playbook.namespace().unwrap_or_default();
            keyed(&Api::namespaced(client.clone(), &namespace), &source.config_map_key_ref).await?
        }
        // The API server refuses it, unless the rules of the resource were taken off.
        _ => return Err(missing("exactly one of document and documentFrom must be given")),
    };
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(Failure::new(Class::Waits, "DocumentTooLarge", "the document has more than 512 KiB"));
    }
    Ok(Document::new(text))
}

async fn keyed(api: &Api<ConfigMap>, ConfigMapKey { name, key }: &ConfigMapKey) -> Result<String, Failure> {
    let Some(map) = api.get_opt(name).await? else {
        return Err(missing(format!("the ConfigMap {name} does not exist")));
    };
    map.data
        .and_then(|mut data| data.remove(key))
        .ok_or_else(|| missing(format!("the ConfigMap {name} has no key {key} in its data")))
}

fn missing(message: impl Into<String>) -> Failure {
    Failure::new(Class::Waits, "DocumentMissing", message)
}
