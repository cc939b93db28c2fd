//! Uploads that go on where they broke off.

use futures::stream;
use rstest::rstest;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest as _, Sha256};
use throughline_proto::transcription::v1::upload_recording_request::Message as Whole;
use throughline_proto::transcription::v1::upload_service_client::UploadServiceClient;
use throughline_proto::transcription::v1::write_upload_request::Message;
use throughline_proto::transcription::v1::{
    Call, CallState, CreateUploadRequest, DeleteUploadRequest, FinishUploadRequest, GetUploadRequest, Upload,
    UploadRecordingHeader, UploadRecordingRequest, WriteUploadHeader, WriteUploadRequest,
};
use throughline_rpc::client::Peer;
use throughline_testkit::{Backend, eventually};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;
use transcription_gateway::store::entity::upload;

use crate::sound::{fixture, sample, talk, talk_wav, wav};
use crate::world::{World, reason, violations};

/// Bytes from which the gateway stores what has come so far.
const PIECE: usize = 4 * 1024 * 1024;

pub fn api(world: &World) -> UploadServiceClient<Peer> {
    UploadServiceClient::new(world.served.peer(world.harness.token("mia@brightledger.example", &["manager"])))
}

fn hash(content: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(content))
}

pub async fn begin(world: &World, call: &str, content: &[u8]) -> Result<Upload, Status> {
    let upload = Upload { size_bytes: content.len() as i64, sha256: hash(content), ..Upload::default() };
    let request = CreateUploadRequest { parent: call.to_owned(), upload: Some(upload), ..Default::default() };
    api(world).create_upload(request).await.map(Response::into_inner)
}

fn header(upload: &str, offset: usize) -> Message {
    Message::Header(WriteUploadHeader { upload: upload.to_owned(), offset: offset as i64 })
}

fn message(message: Message) -> WriteUploadRequest {
    WriteUploadRequest { message: Some(message) }
}

pub async fn write(world: &World, upload: &str, offset: usize, content: &[u8]) -> Result<i64, Status> {
    let messages = messages(upload, offset, content);
    api(world).write_upload(stream::iter(messages)).await.map(|answer| answer.into_inner().offset)
}

/// All of a stream.
pub fn messages(upload: &str, offset: usize, content: &[u8]) -> Vec<WriteUploadRequest> {
    let chunks = content.chunks(32 * 1024).map(|chunk| Message::Chunk(chunk.to_vec()));
    std::iter::once(header(upload, offset)).chain(chunks).map(message).collect()
}

pub async fn offset(world: &World, upload: &str) -> i64 {
    api(world).get_upload(GetUploadRequest { name: upload.to_owned() }).await.unwrap().into_inner().offset
}

pub async fn finish(world: &World, upload: &str, request_id: &str) -> Result<CallState, Status> {
    let request = FinishUploadRequest { name: upload.to_owned(), request_id: request_id.to_owned() };
    api(world).finish_upload(request).await.map(|call| call.into_inner().state())
}

fn told_offset(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().metadata["offset"].clone()
}

#[rstest]
#[tokio::test]
async fn an_upload_in_pieces_over_a_restart_is_transcribed_as_if_it_came_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let wav = talk_wav(11);
    let upload = begin(&world, &call, &wav).await.unwrap();
    assert!(upload.name.starts_with(&format!("{call}/uploads/")), "{upload:?}");
    assert_eq!(write(&world, &upload.name, 0, &wav[..100_000]).await.unwrap(), 100_000);
    // Another process takes over: what a replica would see.
    let world = world.restart().await;
    assert_eq!(offset(&world, &upload.name).await, 100_000);
    assert_eq!(write(&world, &upload.name, 100_000, &wav[100_000..]).await.unwrap(), wav.len() as i64);
    assert_eq!(world.get(&call).await.state(), CallState::Created);
    assert_eq!(finish(&world, &upload.name, "f-1").await.unwrap(), CallState::Uploaded);
    assert_eq!(finish(&world, &upload.name, "f-1").await.unwrap(), CallState::Uploaded, "a repeat");
    let done = world.settled(&call).await;
    assert_eq!((done.state(), done.processed_ms), (CallState::Transcribed, 11_000));
    let recording = done.recording.unwrap();
    assert_eq!((recording.size_bytes, recording.sha256), (wav.len() as i64, hash(&wav)));
    assert_eq!(world.files(), 1, "the pieces are gone");
    let gone = finish(&world, &upload.name, "").await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[rstest]
#[tokio::test]
async fn what_a_client_sent_before_it_vanished_is_kept(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    // Silence after the talk makes it longer than the piece that is stored as soon as it is there.
    let mut samples = talk(4);
    samples.resize(PIECE, 0);
    let wav = wav(2, 16_000, &samples);
    let upload = begin(&world, &call, &wav).await.unwrap().name;
    let (sender, receiver) = mpsc::channel(1);
    let mut client = api(&world);
    let writing = tokio::task::spawn(async move { client.write_upload(ReceiverStream::new(receiver)).await });
    sender.send(message(header(&upload, 0))).await.unwrap();
    for chunk in wav[..140 * 32_000].chunks(32_000) {
        sender.send(message(Message::Chunk(chunk.to_vec()))).await.unwrap();
    }
    eventually("a piece is stored", || async { (offset(&world, &upload).await > 0).then_some(()) }).await;
    writing.abort();
    let _ = writing.await;
    // What came behind the piece may be stored while this asks where to go on.
    let end = eventually("the rest is taken", || async {
        let kept = offset(&world, &upload).await as usize;
        assert!(kept >= PIECE && kept.is_multiple_of(32_000), "{kept}");
        write(&world, &upload, kept, &wav[kept..]).await.ok()
    })
    .await;
    assert_eq!(end, wav.len() as i64);
    finish(&world, &upload, "").await.unwrap();
    assert_eq!(world.settled(&call).await.state(), CallState::Transcribed);
}

#[rstest]
#[tokio::test]
async fn a_wrong_offset_is_told_the_right_one(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let upload = begin(&world, &call, &wav).await.unwrap().name;
    write(&world, &upload, 0, &wav[..1_000]).await.unwrap();
    for wrong in [0, 999, 1_001] {
        let status = write(&world, &upload, wrong, &wav[..10]).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::OutOfRange, "OFFSET_MISMATCH"));
        assert_eq!(told_offset(&status), "1000");
    }
    let status = finish(&world, &upload, "").await.unwrap_err();
    assert_eq!((status.code(), told_offset(&status).as_str()), (Code::FailedPrecondition, "1000"));
    assert_eq!(offset(&world, &upload).await, 1_000);
}

#[rstest]
#[tokio::test]
async fn of_two_writers_at_one_place_one_stores_and_the_other_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let upload = begin(&world, &call, &wav).await.unwrap().name;
    let (slow, receiver) = mpsc::channel(1);
    let mut api = api(&world);
    let writing = tokio::task::spawn(async move { api.write_upload(ReceiverStream::new(receiver)).await });
    slow.send(message(header(&upload, 0))).await.unwrap();
    slow.send(message(Message::Chunk(vec![7; 500]))).await.unwrap();
    drop(slow.reserve().await.unwrap());
    // Both begin at 0; the other one ends first.
    let fast = write(&world, &upload, 0, &wav[..2_000]).await.unwrap();
    assert_eq!(fast, 2_000);
    drop(slow);
    let status = writing.await.unwrap().unwrap_err();
    // Whether the slow one was let in before or after the fast one had stored, its bytes are not in.
    assert!(matches!(status.code(), Code::Aborted | Code::OutOfRange), "{status:?}");
    assert_eq!((reason(&status).as_str(), told_offset(&status).as_str()), ("OFFSET_MISMATCH", "2000"));
    write(&world, &upload, 2_000, &wav[2_000..]).await.unwrap();
    finish(&world, &upload, "").await.unwrap();
    assert_eq!(world.settled(&call).await.state(), CallState::Transcribed);
}

#[rstest]
#[tokio::test]
async fn an_upload_that_nobody_continues_is_swept_with_its_bytes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::with(backend, vec![("housekeeping.interval", "1s".to_owned())]).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let (old, young) = (begin(&world, &call, &wav).await.unwrap().name, begin(&world, &call, &wav).await.unwrap().name);
    for upload in [&old, &young] {
        write(&world, upload, 0, &wav[..1_000]).await.unwrap();
    }
    assert_eq!(world.files(), 2);
    let db = world.db.connect(transcription_gateway::store::SCHEMA).await;
    let then: chrono::DateTime<chrono::Utc> = "2026-05-31T00:00:00Z".parse().unwrap();
    upload::Entity::update_many()
        .col_expr(upload::Column::ExpiresAt, Expr::val(then))
        .filter(upload::Column::Id.eq(old.rsplit('/').next().unwrap()))
        .exec(db.conn())
        .await
        .unwrap();
    db.close().await.unwrap();
    // Gone for callers at once, whenever it is swept.
    let status = write(&world, &old, 1_000, &wav[1_000..]).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    eventually("its bytes are gone", || async { (world.files() == 1).then_some(()) }).await;
    assert_eq!(offset(&world, &young).await, 1_000);
}

#[rstest]
#[tokio::test]
async fn a_deleted_upload_leaves_nothing_and_a_call_has_few_at_a_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::start(backend).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let first = begin(&world, &call, &wav).await.unwrap().name;
    write(&world, &first, 0, &wav).await.unwrap();
    for _ in 1..8 {
        begin(&world, &call, &wav).await.unwrap();
    }
    let status = begin(&world, &call, &wav).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "LIMIT_EXCEEDED"));
    let delete = DeleteUploadRequest { name: first.clone(), request_id: "d-1".to_owned() };
    let deleted = api(&world).delete_upload(delete.clone()).await.unwrap().into_inner();
    assert_eq!(deleted.offset, wav.len() as i64);
    assert_eq!(api(&world).delete_upload(delete).await.unwrap().into_inner(), deleted, "a repeat");
    assert_eq!(world.files(), 0);
    begin(&world, &call, &wav).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_said_with_the_field_and_costs_nothing_that_was_stored() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let wrong = Upload { size_bytes: 0, sha256: "ABC".to_owned(), ..Upload::default() };
    let request = CreateUploadRequest { parent: "c1".to_owned(), upload: Some(wrong), ..Default::default() };
    let status = api(&world).create_upload(request).await.unwrap_err();
    assert_eq!(violations(&status).len(), 3, "{status:?}");

    let wav = fixture("pcm.wav");
    let upload = begin(&world, &call, &wav).await.unwrap().name;
    let messages = [header(&upload, 0), Message::Chunk(wav[..500].to_vec()), Message::Chunk(vec![0; 32 * 1024 + 1])];
    let status = api(&world).write_upload(stream::iter(messages.map(message))).await.unwrap_err();
    assert_eq!(violations(&status), ["chunk: must have at most 32768 bytes"]);
    assert_eq!((told_offset(&status).as_str(), offset(&world, &upload).await), ("500", 500));
    let mut more = wav[500..].to_vec();
    more.push(0);
    let status = write(&world, &upload, 500, &more).await.unwrap_err();
    assert!(violations(&status)[0].starts_with("chunk: goes beyond"), "{status:?}");
    let nothing = stream::iter([message(Message::Chunk(vec![1]))]);
    let status = api(&world).write_upload(nothing).await.unwrap_err();
    assert_eq!(violations(&status), ["header: must be the first message"]);
}

#[tokio::test]
async fn other_bytes_than_announced_and_files_that_are_no_recording_are_refused_at_the_end() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let upload = begin(&world, &call, &wav).await.unwrap().name;
    let mut other = wav.clone();
    other[5_000] ^= 1;
    write(&world, &upload, 0, &other).await.unwrap();
    let status = finish(&world, &upload, "").await.unwrap_err();
    assert!(violations(&status)[0].starts_with("upload.sha256: is not that"), "{status:?}");
    let text = sample("discovery.vtt");
    let upload = begin(&world, &call, &text).await.unwrap().name;
    write(&world, &upload, 0, &text).await.unwrap();
    let status = finish(&world, &upload, "").await.unwrap_err();
    assert_eq!(reason(&status), "AUDIO_UNSUPPORTED");
    assert_eq!(world.get(&call).await.state(), CallState::Created);
}

#[tokio::test]
async fn a_writer_that_falls_silent_is_ended_and_what_it_sent_kept() {
    let world = World::with(Backend::Sqlite, vec![("uploads.idle_timeout", "200ms".to_owned())]).await;
    let call = world.call("c1").await;
    let wav = fixture("pcm.wav");
    let upload = begin(&world, &call, &wav).await.unwrap().name;
    let (sender, receiver) = mpsc::channel(4);
    sender.send(message(header(&upload, 0))).await.unwrap();
    sender.send(message(Message::Chunk(wav[..700].to_vec()))).await.unwrap();
    let status = api(&world).write_upload(ReceiverStream::new(receiver)).await.unwrap_err();
    assert_eq!((status.code(), told_offset(&status).as_str()), (Code::DeadlineExceeded, "700"));
    drop(sender);
}

/// An upload in one piece that has begun and goes on until the sender is dropped.
async fn slow(
    world: &World,
    call: &str,
    content: &[u8],
) -> (mpsc::Sender<UploadRecordingRequest>, JoinHandle<Result<Response<Call>, Status>>) {
    let (sender, receiver) = mpsc::channel(content.len() / (32 * 1024) + 2);
    let header = UploadRecordingHeader { call: call.to_owned(), ..Default::default() };
    let chunks = content.chunks(32 * 1024).map(|chunk| Whole::Chunk(chunk.to_vec()));
    for message in std::iter::once(Whole::Header(header)).chain(chunks) {
        sender.send(UploadRecordingRequest { message: Some(message) }).await.unwrap();
    }
    let mut api = world.manager();
    (sender, tokio::task::spawn(async move { api.upload_recording(ReceiverStream::new(receiver)).await }))
}

#[tokio::test]
async fn recordings_in_one_piece_take_the_room_of_writers() {
    let world = World::with(Backend::Sqlite, vec![("uploads.writers", "1".to_owned())]).await;
    let (one, two) = (world.call("c1").await, world.call("c2").await);
    let content = vec![7; PIECE];
    let upload = begin(&world, &one, &content).await.unwrap().name;
    let messages = messages(&upload, 0, &content);
    let (sender, receiver) = mpsc::channel(messages.len());
    for message in messages {
        sender.send(message).await.unwrap();
    }
    let mut api = api(&world);
    let writing = tokio::task::spawn(async move { api.write_upload(ReceiverStream::new(receiver)).await });
    let stored = || async { (offset(&world, &upload).await == PIECE as i64).then_some(()) };
    eventually("the first writer is in", stored).await;
    let status = world.upload(&two, &fixture("pcm.wav")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
    drop(sender);
    writing.await.unwrap().unwrap();
    world.upload(&two, &fixture("pcm.wav")).await.unwrap();
}

#[tokio::test]
async fn a_recording_in_one_piece_that_stops_coming_is_ended_and_nothing_of_it_kept() {
    let world = World::with(Backend::Sqlite, vec![("uploads.idle_timeout", "200ms".to_owned())]).await;
    let call = world.call("c1").await;
    let (_sender, writing) = slow(&world, &call, &fixture("pcm.wav")).await;
    let status = writing.await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    assert_eq!(world.get(&call).await.state(), CallState::Created);
    eventually("nothing is left of it", || async { (world.files() == 0).then_some(()) }).await;
}

#[tokio::test]
async fn a_rep_writes_to_no_upload_of_others() {
    let world = World::start(Backend::Sqlite).await;
    let call = world.call("c1").await;
    let upload = begin(&world, &call, &fixture("pcm.wav")).await.unwrap().name;
    let other = world.harness.token("jo.lind@brightledger.example", &["rep"]);
    let mut other = UploadServiceClient::new(world.served.peer(other));
    let status = other.get_upload(GetUploadRequest { name: upload.clone() }).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let status = other.write_upload(stream::iter([message(header(&upload, 0))])).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}
