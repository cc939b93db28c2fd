//! Twilio's signature of a request: HMAC-SHA1 of the address with the account's auth token.

use std::path::PathBuf;

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use throughline_rpc::{Error, Reason};

/// Checks signatures with the auth token in a file, which is read again at each handshake.
#[derive(Debug, Clone)]
pub struct Signatures {
    pub auth_token_file: PathBuf,
    /// As Twilio is told it: `wss://voice.example.com`, without a path.
    pub public_url: String,
}

impl Signatures {
    /// Passes when `signature` is that of `path`, with its query, on the public address.
    ///
    /// # Errors
    /// UNAUTHENTICATED; INTERNAL when the file can't be read.
    pub fn check(&self, path: &str, signature: Option<&[u8]>) -> Result<(), Error> {
        let token = std::fs::read_to_string(&self.auth_token_file)
            .map_err(|error| Error::internal(format!("telephony.twilio_auth_token_file: {error}")))?;
        let refused = || Error::unauthenticated(Reason::TokenInvalid, "X-Twilio-Signature is not that of this address");
        let signature = signature.and_then(|text| BASE64.decode(text).ok()).ok_or_else(refused)?;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.trim().as_bytes());
        let url = format!("{}{path}", self.public_url.trim_end_matches('/'));
        hmac::verify(&key, url.as_bytes(), &signature).map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_signature_of_the_address_passes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "12345\n").unwrap();
        let signatures =
            Signatures { auth_token_file: file.path().to_owned(), public_url: "wss://voice.example.com/".to_owned() };
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345");
        let tag = hmac::sign(&key, b"wss://voice.example.com/media-streams?token=t");
        let signature = BASE64.encode(tag.as_ref());
        assert!(signatures.check("/media-streams?token=t", Some(signature.as_bytes())).is_ok());
        for (path, signature) in [
            ("/media-streams?token=u", Some(signature.as_bytes())),
            ("/media-streams?token=t", None),
            ("/media-streams?token=t", Some(&b"AAAA"[..])),
        ] {
            assert_eq!(signatures.check(path, signature).unwrap_err().reason(), Reason::TokenInvalid);
        }
    }
}
