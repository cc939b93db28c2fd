//! What any status but 200 means: may another try, or another engine, help?

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::super::EngineError;

/// Longest wait that a server may ask for; one that wants more is asked again all the same.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);
/// Most characters of what the server said.
const MAX_SAID: usize = 200;

/// The error of a status.
pub(super) fn error(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> EngineError {
    let said = said(body);
    let cause = |what: &str| if said.is_empty() { what.to_owned() } else { format!("{what}: {said}") };
    let code = status.as_u16();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            EngineError::Rejected(cause(&format!("it does not take the credential (HTTP {code})")))
        }
        StatusCode::NOT_FOUND => EngineError::Rejected(cause("there is no such address or model (HTTP 404)")),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            unavailable(cause, code, headers)
        }
        _ if status.is_server_error() => unavailable(cause, code, headers),
        _ if status.is_redirection() => {
            EngineError::Rejected(format!("it answers from elsewhere (HTTP {code}); give the address it leads to"))
        }
        _ if status.is_success() => EngineError::Failed(format!("it answered HTTP {code} and no transcription")),
        _ => EngineError::Rejected(cause(&format!("HTTP {code}"))),
    }
}

fn unavailable(cause: impl Fn(&str) -> String, code: u16, headers: &HeaderMap) -> EngineError {
    EngineError::Unavailable { cause: cause(&format!("HTTP {code}")), retry_after: retry_after(headers) }
}

/// The seconds of `Retry-After`. Its other form, a date, would need the server's clock to agree with ours.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// The server's own words: OpenAI's `error.message`, FastAPI's `detail`, or else the text as it is.
fn said(body: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let paths = ["/error/message", "/detail/error/message", "/error", "/detail", "/message"];
    let message = json.as_ref().and_then(|json| paths.iter().find_map(|path| json.pointer(path)?.as_str()));
    let text = match (message, &json) {
        (Some(message), _) => message.to_owned(),
        (None, Some(_)) => String::new(),
        (None, None) => String::from_utf8_lossy(body).into_owned(),
    };
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SAID).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(status: u16, retry: Option<&'static str>, body: &str) -> EngineError {
        let mut headers = HeaderMap::new();
        headers.extend(retry.map(|value| (RETRY_AFTER, http::HeaderValue::from_static(value))));
        error(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    #[test]
    fn busy_and_broken_servers_are_unavailable_until_they_say() {
        for (status, retry, seconds) in [
            (429, Some("7"), Some(7)),
            (503, Some("9000"), Some(300)),
            (500, None, None),
            (429, Some("Mon, 1 Jan"), None),
        ] {
            let error = of(status, retry, "");
            assert!(matches!(error, EngineError::Unavailable { .. }), "{error:?}");
            assert_eq!(error.retry_after(), seconds.map(Duration::from_secs));
        }
    }

    #[test]
    fn what_a_server_refuses_is_told_in_its_words() {
        let openai = of(400, None, r#"{"error": {"message": "no such\nmodel", "type": "x"}}"#);
        assert_eq!(openai.to_string(), "the speech engine refuses the request: HTTP 400: no such model");
        let fastapi = of(422, None, r#"{"detail": [{"loc": ["body", "model"]}]}"#);
        assert_eq!(fastapi.to_string(), "the speech engine refuses the request: HTTP 422");
        for status in [301, 401, 403, 404, 413] {
            assert!(matches!(of(status, None, "<p>no</p>"), EngineError::Rejected(_)), "{status}");
        }
        assert!(matches!(of(204, None, ""), EngineError::Failed(_)));
    }

    proptest! {
        #[test]
        fn no_status_and_no_bytes_break_it(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..300)) {
            let error = error(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), &body);
            prop_assert!(error.to_string().chars().count() < 400);
        }
    }
}
