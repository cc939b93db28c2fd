//! A speech engine that speaks NVIDIA Riva's gRPC: Riva itself, its NIM containers, and what is compatible with them.
//!
//! Owns: what is sent for a segment, which of the server's models is asked, how its results are put together, and what
//! each status means. Does not own: whose turn it is, how many segments are under way and how long an answer may take
//! (see `router`).
//!
//! One `StreamingRecognize` a segment, not one a channel. A stream over a whole channel would find the ends of
//! utterances itself, and when it breaks nobody can tell which of the sound its last words belong to: sound sent again
//! to another engine would be heard twice, sound not sent again not at all. A segment is recognised by one engine as a
//! whole, so that failing over in the middle of a call leaves no gap and no doubled word; it costs a round trip a
//! segment, and its first guess comes when the segment is asked about and not before.
//! Segments of recordings go to `Recognize` where the server has an offline model, which is the better one.

mod answer;
mod served;
mod status;

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use throughline_proto::nvidia::riva::AudioEncoding;
use throughline_proto::nvidia::riva::asr::riva_speech_recognition_client::RivaSpeechRecognitionClient;
use throughline_proto::nvidia::riva::asr::streaming_recognize_request::StreamingRequest;
use throughline_proto::nvidia::riva::asr::{
    RecognitionConfig, RecognizeRequest, RivaSpeechRecognitionConfigRequest, SpeechContext, StreamingRecognitionConfig,
    StreamingRecognizeRequest,
};
use tokio::sync::OnceCell;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request as Call};

use super::grants::Secret;
use super::pcm::pcm16;
use super::request::RATE_HZ;
use super::{Capabilities, EngineError, Recognition, Request, SpeechEngine, Urgency};
use answer::Answer;
use served::Served;

/// Largest message that is taken. A segment of 12 s with word times is about 5 KiB.
const MAX_MESSAGE_BYTES: usize = 2 << 20;
/// Most answers to one segment; a server that guesses every 80 ms makes 150.
const MAX_MESSAGES: usize = 2_000;
const CHUNK_BYTES: usize = 32 << 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for the list of models.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(10);
/// Names beyond these are left out: they slow the server's decoder down.
const MAX_PHRASES: usize = 100;
/// How strongly the server leans towards the names; Riva's own examples use 10 to 20.
const BOOST: f32 = 15.0;

/// Longest segment that is sent, milliseconds.
const MAX_SEGMENT_MS: u64 = 30_000;

/// How a server is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `host:port`.
    pub address: String,
    pub tls: bool,
    /// PEM of authorities to trust for TLS beside those that browsers trust.
    pub authorities: Option<Vec<u8>>,
    /// The model, as the server lists it; empty lets the server choose by language.
    pub model: String,
    /// The bearer token.
    pub credential: Option<Secret>,
}

/// The engine. One connection is kept and made again when it breaks.
#[derive(Debug)]
pub struct Riva {
    settings: Settings,
    client: RivaSpeechRecognitionClient<Channel>,
    /// What the server listed; asked once, when it is first needed.
    served: OnceCell<Served>,
}

impl Riva {
    /// Prepares the connection; nothing is sent yet.
    ///
    /// # Errors
    /// When the address or the authorities can't be used.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let scheme = if settings.tls { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{}", settings.address)).map_err(|e| e.to_string())?;
        if endpoint.uri().port().is_none() || endpoint.uri().path() != "/" {
            return Err("must be host:port".to_owned());
        }
        let mut endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10))
            .tcp_nodelay(true);
        if settings.tls {
            let tls = ClientTlsConfig::new().timeout(CONNECT_TIMEOUT).with_webpki_roots();
            let ours = settings.authorities.iter().map(Certificate::from_pem);
            let tls = tls.ca_certificates(ours);
            endpoint = endpoint.tls_config(tls).map_err(|error| format!("{error:?}"))?;
        }
        let client =
            RivaSpeechRecognitionClient::new(endpoint.connect_lazy()).max_decoding_message_size(MAX_MESSAGE_BYTES);
        Ok(Self { settings, client, served: OnceCell::new() })
    }

    async fn served(&self) -> Result<&Served, EngineError> {
        let ask = || async {
            let call =
                self.call(RivaSpeechRecognitionConfigRequest { model_name: self.settings.model.clone() }).await?;
            match self.client.clone().get_riva_speech_recognition_config(call).await {
                Ok(listed) => Ok(Served::read(&listed.into_inner(), &self.settings.model)),
                // Servers that only speak the streaming part.
                Err(status) if status.code() == Code::Unimplemented => Ok(Served::default()),
                Err(status) => Err(status::error(&status)),
            }
        };
        self.served.get_or_try_init(ask).await
    }

    /// A call with the token, if there is one.
    async fn call<T>(&self, message: T) -> Result<Call<T>, EngineError> {
        let mut call = Call::new(message);
        if let Some(secret) = &self.settings.credential {
            let mut bearer = MetadataValue::try_from(format!("Bearer {}", secret.read().await?))
                .map_err(|_| EngineError::Rejected("the key of the engine holds what no header can".to_owned()))?;
            bearer.set_sensitive(true);
            call.metadata_mut().insert("authorization", bearer);
        }
        Ok(call)
    }

    fn config(&self, request: &Request, served: &Served) -> RecognitionConfig {
        let phrases: Vec<String> = request.vocabulary.iter().take(MAX_PHRASES).cloned().collect();
        let speech_contexts =
            if phrases.is_empty() { Vec::new() } else { vec![SpeechContext { phrases, boost: BOOST }] };
        RecognitionConfig {
            encoding: AudioEncoding::LinearPcm.into(),
            sample_rate_hertz: RATE_HZ as i32,
            language_code: served.language(request.language.as_deref()),
            max_alternatives: 1,
            speech_contexts,
            audio_channel_count: 1,
            enable_word_time_offsets: true,
            enable_automatic_punctuation: true,
            model: self.settings.model.clone(),
            ..RecognitionConfig::default()
        }
    }

    async fn ask(&self, request: &Request) -> Result<Recognition, EngineError> {
        let served = self.served().await?;
        let config = self.config(request, served);
        let sound = Bytes::from(pcm16(&request.samples));
        if request.urgency == Urgency::Recording && served.takes_whole() {
            let call = self.call(RecognizeRequest { config: Some(config), audio: sound.to_vec(), id: None }).await?;
            let answer = self.client.clone().recognize(call).await.map_err(|status| status::error(&status))?;
            return Answer::whole(answer.into_inner()).recognition(request);
        }
        self.stream(config, sound, request).await
    }

    async fn stream(
        &self,
        config: RecognitionConfig,
        sound: Bytes,
        request: &Request,
    ) -> Result<Recognition, EngineError> {
        let guess = request.urgency == Urgency::Partial;
        let opening = StreamingRecognitionConfig { config: Some(config), interim_results: guess };
        let chunks = (0..sound.len()).step_by(CHUNK_BYTES);
        let chunks = chunks.map(move |at| sound.slice(at..sound.len().min(at + CHUNK_BYTES)).to_vec());
        let messages = std::iter::once(StreamingRequest::StreamingConfig(opening))
            .chain(chunks.map(StreamingRequest::AudioContent))
            .map(|message| StreamingRecognizeRequest { streaming_request: Some(message), ..Default::default() });
        let call = self.call(futures::stream::iter(messages)).await?;
        let answers = self.client.clone().streaming_recognize(call).await.map_err(|status| status::error(&status))?;
        let mut answers = answers.into_inner().take(MAX_MESSAGES + 1);
        let (mut answer, mut messages) = (Answer::default(), 0);
        while let Some(message) = answers.next().await {
            messages += 1;
            if messages > MAX_MESSAGES {
                return Err(EngineError::Failed("it answers without end".to_owned()));
            }
            answer.add(message.map_err(|status| status::error(&status))?, request)?;
        }
        answer.recognition(request)
    }
}

#[async_trait]
impl SpeechEngine for Riva {
    fn name(&self) -> Cow<'_, str> {
        match self.settings.model.as_str() {
            "" => "riva",
            model => model,
        }
        .into()
    }

    fn capabilities(&self) -> Capabilities {
        let unknown = Served::default();
        let served = self.served.get().unwrap_or(&unknown);
        Capabilities {
            languages: served.languages(),
            max_segment_ms: MAX_SEGMENT_MS,
            partials: served.live(),
            word_times: true,
            punctuation: true,
            live: served.live(),
            batch: true,
        }
    }

    async fn prepare(&self) -> Result<(), EngineError> {
        let late = |_| EngineError::unavailable(format!("no answer within {PREPARE_TIMEOUT:?}"));
        tokio::time::timeout(PREPARE_TIMEOUT, self.served()).await.map_err(late)?.map(|_| ())
    }

    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        self.ask(&request).await
    }

    fn has_room(&self) -> bool {
        true
    }

    /// The connection ends with the engine.
    async fn stop(&self) {}
}

#[cfg(test)]
mod tests;
