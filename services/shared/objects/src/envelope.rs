//! The envelope of a sealed object: its data key, wrapped, and how many bytes were sealed.

use aws_lc_rs::aead::NONCE_LEN;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::keys::{KEY_BYTES, KeyRing, Wrapped};
use crate::{Error, Result};

/// No envelope is longer.
pub(crate) const MAX_BYTES: u64 = 4096;
const VERSION: u32 = 1;

/// As it lies in the store.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    key: String,
    nonce: String,
    data_key: String,
    bytes: u64,
}

/// An object's place: what its envelope is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub workspace: &'a str,
    /// Key of the object in the store.
    pub key: &'a str,
}

impl Place<'_> {
    /// Bound to the wrapped key: an envelope that was moved, or whose length was changed, opens nothing.
    fn context(self, bytes: u64) -> Vec<u8> {
        format!("envelope {VERSION}\0{}\0{}\0{bytes}", self.workspace, self.key).into_bytes()
    }

    fn damaged(self, what: &'static str) -> Error {
        Error::Damaged { key: self.key.to_owned(), what }
    }
}

/// Writes an envelope under the current key.
pub(crate) fn write(keys: &KeyRing, place: Place<'_>, data_key: &[u8; KEY_BYTES], bytes: u64) -> Result<Vec<u8>> {
    let wrapped = keys
        .wrap(place.workspace, &place.context(bytes), data_key)
        .map_err(|_| Error::Other("a data key could not be wrapped".to_owned()))?;
    let Wrapped { key_id, nonce, sealed } = wrapped;
    let file =
        File { version: VERSION, key: key_id, nonce: BASE64.encode(&nonce), data_key: BASE64.encode(&sealed), bytes };
    serde_json::to_vec(&file).map_err(|error| Error::Other(error.to_string()))
}

/// What an envelope holds.
pub(crate) struct Opened {
    pub data_key: [u8; KEY_BYTES],
    /// Length of the object before it was sealed.
    pub bytes: u64,
    /// Id of the key that it was wrapped under.
    pub key_id: String,
}

/// Opens an envelope.
pub(crate) fn open(keys: Option<&KeyRing>, place: Place<'_>, envelope: &[u8]) -> Result<Opened> {
    let file: File = serde_json::from_slice(envelope).map_err(|_| place.damaged("its envelope can't be read"))?;
    if file.version != VERSION {
        return Err(place.damaged("its envelope is of a version that is not known"));
    }
    let decode = |text: &str| BASE64.decode(text.as_bytes()).ok();
    let nonce = decode(&file.nonce).and_then(|nonce| <[u8; NONCE_LEN]>::try_from(nonce).ok());
    let (Some(nonce), Some(sealed)) = (nonce, decode(&file.data_key)) else {
        return Err(place.damaged("its envelope can't be read"));
    };
    let wrapped = Wrapped { key_id: file.key, nonce, sealed };
    let missing = || Error::KeyMissing(wrapped.key_id.clone());
    let opened = keys.and_then(|keys| keys.unwrap(place.workspace, &place.context(file.bytes), &wrapped));
    let data_key = opened
        .ok_or_else(missing)?
        .map_err(|_| place.damaged("its envelope is not for this object of this workspace, or the key is another"))?;
    Ok(Opened { data_key, bytes: file.bytes, key_id: wrapped.key_id })
}
