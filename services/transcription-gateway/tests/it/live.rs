//! Live streams.

use rstest::rstest;
use throughline_proto::common::v1::Side;
use throughline_proto::transcription::v1::stream_audio_request::Message;
use throughline_proto::transcription::v1::stream_audio_response::Message as Answer;
use throughline_proto::transcription::v1::{
    AudioEncoding, CallState, PurgeCallRequest, Segment, StreamAudioHeader, StreamAudioRequest, StreamAudioResponse,
    TranscriptSource, Turn,
};
use throughline_testkit::{Backend, eventually};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::sound::{mulaw, opus_packets, talk, talk_8khz};
use crate::words::{correct, range, request};
use crate::world::{World, reason, violations};

pub struct Stream {
    audio: mpsc::Sender<StreamAudioRequest>,
    answers: Streaming<StreamAudioResponse>,
}

pub fn header(call: &str) -> StreamAudioHeader {
    StreamAudioHeader {
        call: call.to_owned(),
        sample_rate_hz: 16_000,
        channels: 2,
        partials: true,
        ..Default::default()
    }
}

pub async fn open(world: &World, header: StreamAudioHeader) -> Result<Stream, Status> {
    let (audio, receiver) = mpsc::channel(4);
    audio.send(StreamAudioRequest { message: Some(Message::Header(header)) }).await.unwrap();
    let answers = world.manager().stream_audio(ReceiverStream::new(receiver)).await?.into_inner();
    Ok(Stream { audio, answers })
}

impl Stream {
    async fn say(&self, samples: &[i16]) {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        for chunk in bytes.chunks(6_400) {
            let message = Message::Audio(chunk.to_vec());
            if self.audio.send(StreamAudioRequest { message: Some(message) }).await.is_err() {
                return;
            }
        }
    }

    /// All segments until the end, and how it ended: the transcript's name or a status.
    async fn rest(mut self) -> (Vec<Segment>, Result<String, Status>) {
        drop(self.audio);
        let mut segments = Vec::new();
        loop {
            match self.answers.message().await {
                Ok(Some(StreamAudioResponse { message: Some(Answer::Segment(segment)) })) => segments.push(segment),
                Ok(Some(StreamAudioResponse { message: Some(Answer::Transcript(name)) })) => {
                    return (segments, Ok(name));
                }
                Ok(_) => panic!("the stream ended without a last answer"),
                Err(status) => return (segments, Err(status)),
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn speech_is_answered_while_it_is_spoken_and_becomes_a_transcript(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let mut stream = open(&world, header(&call)).await.unwrap();
    assert_eq!(world.get(&call).await.state(), CallState::Live);
    stream.say(&talk(8)).await;
    // The first words are answered although the stream goes on.
    let Some(Answer::Segment(early)) = stream.answers.message().await.unwrap().unwrap().message else { panic!() };
    assert_eq!((early.index, early.channel, early.side()), (0, 0, Side::Rep));
    stream.say(&talk(11)[8 * 32_000..]).await;
    let (segments, end) = stream.rest().await;
    let name = end.unwrap();
    assert!(segments.iter().filter(|segment| segment.r#final).count() >= 2, "{segments:?}");
    let transcript = world.transcript(&name).await;
    assert_eq!((transcript.source(), transcript.duration_ms), (TranscriptSource::Live, 11_000));
    assert!(transcript.turns[0].text.to_lowercase().contains("good morning"), "{transcript:?}");
    assert_eq!(transcript.turns[1].side(), Side::Buyer);
    assert_eq!(world.get(&call).await.state(), CallState::Transcribed);
    assert_eq!(world.told(1).await[0].transcript, name);
}

#[rstest]
#[tokio::test]
async fn a_caller_who_goes_away_leaves_a_transcript(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    // A caller who vanishes without a word is noticed by its silence.
    let world = World::with(backend, vec![("live.idle_timeout", "500ms".to_owned())]).await;
    let call = world.call("c1").await;
    let mut stream = open(&world, header(&call)).await.unwrap();
    stream.say(&talk(8)).await;
    stream.answers.message().await.unwrap().unwrap();
    drop(stream.answers);
    let done = world.settled(&call).await;
    assert_eq!(done.state(), CallState::Transcribed);
    assert!(done.failure.starts_with("the live stream broke off at 0:0"), "{}", done.failure);
    assert!(!world.transcript(&done.transcript).await.turns.is_empty());
}

/// The first eight seconds of the sample call, then its caller is gone. The transcript's name.
async fn broken_off(world: &World, call: &str) -> String {
    let mut stream = open(world, header(call)).await.unwrap();
    stream.say(&talk(8)).await;
    stream.answers.message().await.unwrap().unwrap();
    drop(stream.answers);
    world.settled(call).await.transcript
}

/// The rest of it, which begins after eight seconds. The transcript's name.
async fn gone_on(world: &World, header: StreamAudioHeader) -> String {
    let stream = open(world, header).await.unwrap();
    stream.say(&talk(16)[8 * 32_000..]).await;
    stream.rest().await.1.unwrap()
}

#[rstest]
#[tokio::test]
async fn a_call_that_broke_off_goes_on_where_it_was(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::with(backend, vec![("live.idle_timeout", "500ms".to_owned())]).await;
    let call = world.call("c1").await;
    let first = world.transcript(&broken_off(&world, &call).await).await;
    assert!(first.break_off_time.is_some());
    // A person's word on who spoke in between stays.
    correct(&world, request(&first.name, vec![range(0, 0, "s2")])).await.unwrap();

    let header = StreamAudioHeader { resume: true, ..header(&call) };
    let whole = world.transcript(&gone_on(&world, header.clone()).await).await;
    let before = first.turns.len();
    assert!(whole.turns.len() > before);
    let texts = |turns: &[Turn]| turns.iter().map(|turn| turn.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&whole.turns[..before]), texts(&first.turns));
    assert_eq!(whole.turns[0].participant, "s2");
    assert!(whole.turns[before..].iter().all(|turn| turn.start_ms >= first.duration_ms), "{whole:?}");
    assert!(whole.duration_ms >= first.duration_ms + 8_000, "{}", whole.duration_ms);
    assert_eq!(whole.break_off_time, None);
    assert_eq!(whole.source(), TranscriptSource::Live);
    assert_eq!(world.get(&call).await.failure, "");

    // It came to its end: what comes now is another stream.
    let again = world.transcript(&gone_on(&world, header).await).await;
    assert_eq!(again.duration_ms, 8_000);
}

#[tokio::test]
async fn a_stream_that_does_not_go_on_is_a_transcript_of_its_own() {
    let world = World::with(Backend::Sqlite, vec![("live.idle_timeout", "500ms".to_owned())]).await;
    let call = world.call("c1").await;
    broken_off(&world, &call).await;
    let own = world.transcript(&gone_on(&world, header(&call)).await).await;
    assert_eq!((own.duration_ms, own.turns[0].index), (8_000, 0));
    assert!(own.turns[0].start_ms < 8_000);
}

#[rstest]
#[tokio::test]
async fn a_purge_wins_over_an_open_stream(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let stream = open(&world, header(&call)).await.unwrap();
    stream.say(&talk(4)).await;
    let request =
        PurgeCallRequest { call: call.clone(), reason: "asked for".to_owned(), ..PurgeCallRequest::default() };
    world.retention().purge_call(request).await.unwrap();
    stream.say(&talk(2)).await;
    let status = stream.rest().await.1.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "STATE_CONFLICT"));
    let purged = world.get(&call).await;
    assert_eq!((purged.state(), purged.transcript.as_str()), (CallState::Purged, ""));
}

#[tokio::test]
async fn a_stream_that_falls_silent_on_the_wire_is_ended() {
    let world = World::with(Backend::Sqlite, vec![("live.idle_timeout", "300ms".to_owned())]).await;
    let call = world.call("c1").await;
    let mut stream = open(&world, header(&call)).await.unwrap();
    let status = loop {
        match stream.answers.message().await {
            Ok(answer) => assert!(answer.is_some(), "the stream ended without a status"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(world.get(&call).await.state(), CallState::Failed);
}

#[tokio::test]
async fn silence_is_an_answer_of_its_own() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let stream = open(&world, header(&call)).await.unwrap();
    stream.say(&[0; 64_000]).await;
    let status = stream.rest().await.1.unwrap_err();
    assert_eq!((status.message(), reason(&status).as_str()), ("no speech was found in 0:02", "AUDIO_UNSUPPORTED"));
    let failed = world.get(&call).await;
    assert_eq!((failed.state(), failed.failure.as_str()), (CallState::Failed, "no speech was found in 0:02"));
    // The call may be tried again.
    assert!(open(&world, header(&call)).await.is_ok());
}

#[tokio::test]
async fn wrong_headers_and_wrong_audio_are_refused() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let wrong = StreamAudioHeader { call: "c1".to_owned(), sample_rate_hz: 11_025, channels: 3, ..Default::default() };
    let status = open(&world, wrong).await.err().unwrap();
    assert_eq!(violations(&status).len(), 3);
    let stream = open(&world, header(&call)).await.unwrap();
    let odd = StreamAudioRequest { message: Some(Message::Audio(vec![0; 321])) };
    stream.audio.send(odd).await.unwrap();
    let status = stream.rest().await.1.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_is_too_large_and_a_second_header_are_said_to_be_wrong() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    for (wrong, said) in [
        (Message::Audio(vec![0; 32 * 1024 + 2]), "audio: must have at most 32768 bytes a message"),
        (Message::Header(header(&call)), "audio: must be in every message after the header"),
    ] {
        let stream = open(&world, header(&call)).await.unwrap();
        stream.audio.send(StreamAudioRequest { message: Some(wrong) }).await.unwrap();
        let status = stream.rest().await.1.unwrap_err();
        assert_eq!((status.code(), violations(&status)), (Code::InvalidArgument, vec![said.to_owned()]));
    }
}

/// The words of a live stream are nowhere else while they are not written.
#[tokio::test]
async fn a_database_that_is_busy_for_a_while_costs_no_words() {
    let world = World::with(Backend::Sqlite, vec![("database.busy_timeout", "50ms".to_owned())]).await;
    let call = world.call("c1").await;
    let mut stream = open(&world, header(&call)).await.unwrap();
    stream.say(&talk(8)).await;
    stream.answers.message().await.unwrap().unwrap();
    let db = world.connect().await;
    let other = db.begin().await.unwrap();
    let mut rest = std::pin::pin!(stream.rest());
    let waited = tokio::time::timeout(std::time::Duration::from_secs(1), &mut rest).await;
    assert!(waited.is_err(), "it did not wait for the database: {waited:?}");
    other.rollback().await.unwrap();
    let name = rest.await.1.unwrap();
    assert!(!world.transcript(&name).await.turns.is_empty());
}

#[tokio::test]
async fn one_more_stream_than_fits_is_told_when_to_come_again() {
    let world = World::with(Backend::Sqlite, vec![("live.max_streams", "1".to_owned())]).await;
    let (one, two) = (world.call("c1").await, world.call("c2").await);
    let first = open(&world, header(&one)).await.unwrap();
    let again = open(&world, header(&one)).await.err().unwrap();
    assert_eq!(reason(&again), "STATE_CONFLICT");
    let status = open(&world, header(&two)).await.err().unwrap();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
    assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    assert_eq!(world.get(&two).await.state(), CallState::Created);
    drop(first);
    eventually("the stream's room is free again", || async { open(&world, header(&two)).await.ok() }).await;
}

#[rstest]
#[tokio::test]
async fn draining_ends_an_open_stream_and_keeps_what_was_heard(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let mut stream = open(&world, header(&call)).await.unwrap();
    stream.say(&talk(8)).await;
    stream.answers.message().await.unwrap().unwrap();
    let (audio, answers) = (stream.audio.clone(), stream.rest());
    let (world, (_, end)) = tokio::join!(world.restart(), answers);
    drop(audio);
    let status = end.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "DRAINING"));
    let done = world.get(&call).await;
    assert_eq!(done.state(), CallState::Transcribed, "{done:?}");
    assert!(!world.transcript(&done.transcript).await.turns.is_empty());
}

/// Streams messages of an encoding and returns the words of the transcript.
async fn heard(world: &World, header: StreamAudioHeader, messages: Vec<Vec<u8>>) -> String {
    let call = header.call.clone();
    let stream = open(world, header).await.unwrap();
    let audio = stream.audio.clone();
    let sending = async move {
        for message in messages {
            let _ = audio.send(StreamAudioRequest { message: Some(Message::Audio(message)) }).await;
        }
        drop(audio);
    };
    let ((), (_, end)) = tokio::join!(sending, stream.rest());
    end.unwrap();
    let transcript = world.transcript(&world.get(&call).await.transcript).await;
    transcript.turns.iter().map(|turn| turn.text.to_lowercase()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn mulaw_of_a_telephone_and_opus_of_a_meeting_are_understood() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let [rep, buyer] = talk_8khz(11);
    let both = rep.into_iter().zip(buyer).flat_map(|(rep, buyer)| [rep, buyer]);
    let messages: Vec<Vec<u8>> = mulaw(both).chunks(320).map(<[u8]>::to_vec).collect();
    let encoding = AudioEncoding::Mulaw.into();
    let text = heard(&world, StreamAudioHeader { sample_rate_hz: 8_000, encoding, ..header(&call) }, messages).await;
    assert!(text.contains("good morning") && text.contains("hear you"), "{text}");

    let call = world.call("c2").await;
    let encoding = AudioEncoding::Opus.into();
    let text = heard(&world, StreamAudioHeader { encoding, ..header(&call) }, opus_packets()).await;
    assert!(text.contains("good morning"), "{text}");
}

#[rstest]
#[case::of_a_telephone(8_000)]
#[case::of_a_conference(48_000)]
#[tokio::test]
async fn pcm_of_other_rates_is_understood(#[case] sample_rate_hz: i32) {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let samples: Vec<i16> = if sample_rate_hz == 8_000 {
        let [rep, buyer] = talk_8khz(11);
        rep.into_iter().zip(buyer).flat_map(|(rep, buyer)| [rep, buyer]).collect()
    } else {
        // Each frame three times.
        talk(11).chunks(2).flat_map(|frame| frame.repeat(3)).collect()
    };
    let bytes: Vec<u8> = samples.into_iter().flat_map(i16::to_le_bytes).collect();
    let messages = bytes.chunks(6_400).map(<[u8]>::to_vec).collect();
    let text = heard(&world, StreamAudioHeader { sample_rate_hz, ..header(&call) }, messages).await;
    assert!(text.contains("good morning") && text.contains("hear you"), "{text}");
}

#[tokio::test]
async fn an_encoding_at_a_rate_it_has_not_and_a_message_that_is_none_of_it_are_refused() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    for (encoding, rate) in [(AudioEncoding::Mulaw, 16_000), (AudioEncoding::Opus, 44_100)] {
        let wrong = StreamAudioHeader { encoding: encoding.into(), sample_rate_hz: rate, ..header(&call) };
        let status = open(&world, wrong).await.err().unwrap();
        assert!(violations(&status)[0].starts_with("header.sample_rate_hz: must be"), "{status:?}");
    }
    let opus = StreamAudioHeader { encoding: AudioEncoding::Opus.into(), ..header(&call) };
    let stream = open(&world, opus).await.unwrap();
    stream.audio.send(StreamAudioRequest { message: Some(Message::Audio(vec![0xff])) }).await.unwrap();
    let status = stream.rest().await.1.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "audio: a message is no Opus packet"));
}
