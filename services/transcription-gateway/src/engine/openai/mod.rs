//! A speech engine behind `POST …/v1/audio/transcriptions`: OpenAI's, and the many servers that speak the same.
//!
//! Owns: what is sent for a segment, how an answer is read, and what each failure means. Does not own: whose turn it is,
//! how many segments are under way and how long an answer may take (see `router`), or whether the words are to be
//! believed (see `guard`).
//!
//! One request a segment, so that a segment is either recognised whole by this engine or not at all and may go to
//! another one. `verbose_json` with word times is asked for first; a server that refuses it is asked for `json` from
//! then on, and its transcripts have no word times.

mod answer;
mod form;
mod refusal;

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request as HttpRequest, StatusCode, Uri};
use http_body_util::Full;
use throughline_http::{Client, Error};

use super::grants::Secret;
use super::{Capabilities, EngineError, Recognition, Request, SpeechEngine};
use form::{Form, Format};

/// Longest answer that is taken. A segment of 12 s with word times is about 5 KiB.
const MAX_ANSWER_BYTES: usize = 2 << 20;
/// How much of a refusal is read, to say what it was about.
const MAX_REFUSAL_BYTES: usize = 16 << 10;
const PATH: &str = "/audio/transcriptions";

/// Longest segment that is sent, milliseconds: the window of Whisper, which most of these servers run.
const MAX_SEGMENT_MS: u64 = 30_000;

/// How an endpoint is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `http://` or `https://`, up to what stands before `/audio/transcriptions`.
    pub base_url: String,
    /// The model, as the server knows it.
    pub model: String,
    /// The bearer token.
    pub credential: Option<Secret>,
    /// PEM of authorities to trust for https beside those that browsers trust.
    pub authorities: Option<Vec<u8>>,
}

/// The engine. Connections are kept and used again.
#[derive(Debug)]
pub struct OpenAi {
    settings: Settings,
    client: Client,
    uri: Uri,
    /// The server refused `verbose_json`.
    plain: AtomicBool,
    /// An answer had word times.
    has_words: AtomicBool,
}

impl OpenAi {
    /// Prepares the connection; nothing is sent yet.
    ///
    /// # Errors
    /// When the URL or the authorities can't be used.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let uri = format!("{}{PATH}", settings.base_url.trim_end_matches('/'));
        let uri: Uri = uri.parse().map_err(|e: http::uri::InvalidUri| e.to_string())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("must start with http:// or https://".to_owned());
        }
        let client = Client::trusting_also(settings.authorities.as_deref()).map_err(|error| error.to_string())?;
        Ok(Self { settings, client, uri, plain: AtomicBool::new(false), has_words: AtomicBool::new(false) })
    }

    async fn ask(&self, request: &Request) -> Result<Recognition, EngineError> {
        if !self.plain.load(Ordering::Relaxed) {
            match self.ask_for(request, Format::Verbose).await {
                // What exactly was refused is told in words only, so json is tried before it counts as refused.
                Err(Refused::Form(_)) => {}
                result => return result.map_err(Refused::into_error),
            }
        }
        let recognition = self.ask_for(request, Format::Plain).await.map_err(Refused::into_error)?;
        if !self.plain.swap(true, Ordering::Relaxed) {
            tracing::info!(model = self.settings.model, "the server has no verbose_json: no word times from it");
        }
        Ok(recognition)
    }

    async fn ask_for(&self, request: &Request, format: Format) -> Result<Recognition, Refused> {
        let answer = self.client.open(self.post(request, format).await?).await.map_err(unreachable)?;
        match answer.status() {
            StatusCode::OK => {
                let answer = answer.whole(MAX_ANSWER_BYTES).await.map_err(unreachable)?;
                let heard = answer::read(answer.body(), request)?;
                self.has_words.fetch_or(!heard.words.is_empty(), Ordering::Relaxed);
                Ok(heard)
            }
            status => {
                let headers = answer.headers().clone();
                let body = answer.start(MAX_REFUSAL_BYTES).await;
                let error = refusal::error(status, &headers, &body);
                let form =
                    [StatusCode::BAD_REQUEST, StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::UNPROCESSABLE_ENTITY];
                Err(if form.contains(&status) { Refused::Form(error) } else { Refused::Otherwise(error) })
            }
        }
    }

    async fn post(&self, request: &Request, format: Format) -> Result<HttpRequest<Full<Bytes>>, EngineError> {
        let form = Form::new(request, &self.settings.model, format);
        let mut post = HttpRequest::post(self.uri.clone())
            .header(CONTENT_TYPE, form.content_type())
            .header(ACCEPT, "application/json")
            .body(Full::new(form.into_body()))
            .map_err(|error| EngineError::Failed(error.to_string()))?;
        if let Some(secret) = &self.settings.credential {
            let mut bearer = HeaderValue::try_from(format!("Bearer {}", secret.read().await?))
                .map_err(|_| EngineError::Rejected("the key of the engine holds what no header can".to_owned()))?;
            bearer.set_sensitive(true);
            post.headers_mut().insert(AUTHORIZATION, bearer);
        }
        Ok(post)
    }
}

#[async_trait]
impl SpeechEngine for OpenAi {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.settings.model)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // What its model understands is told by the routes of the workspace.
            languages: vec!["*".to_owned()],
            max_segment_ms: MAX_SEGMENT_MS,
            // Each guess would be a whole request of its own.
            partials: false,
            // Nobody knows before the first answer.
            word_times: self.has_words.load(Ordering::Relaxed),
            punctuation: true,
            live: true,
            batch: true,
        }
    }

    async fn prepare(&self) -> Result<(), EngineError> {
        Ok(())
    }

    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        self.ask(&request).await
    }

    fn has_room(&self) -> bool {
        true
    }

    /// Connections close when they are idle.
    async fn stop(&self) {}
}

/// Why a try brought nothing.
enum Refused {
    /// Perhaps because of the form it was asked in.
    Form(EngineError),
    Otherwise(EngineError),
}

impl Refused {
    fn into_error(self) -> EngineError {
        let (Self::Form(error) | Self::Otherwise(error)) = self;
        error
    }
}

impl From<EngineError> for Refused {
    fn from(error: EngineError) -> Self {
        Self::Otherwise(error)
    }
}

fn unreachable(error: Error) -> Refused {
    Refused::Otherwise(match error {
        Error::TooLong(_) => EngineError::Failed(error.to_string()),
        Error::Unreachable(_) | Error::Authorities(_) => EngineError::unavailable(error),
    })
}

#[cfg(test)]
mod tests;
