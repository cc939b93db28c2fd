//! One suite over every kind of store that runs here: a folder, and a server that speaks S3.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use data_encoding::BASE64;
use futures::{StreamExt as _, TryStreamExt as _};
use rstest::rstest;
use throughline_objects::{Abandoned, Access, Error, KeyRing, Location, Store};
use throughline_testkit::eventually;
use throughline_testkit::s3::{ACCESS_KEY, BUCKET, Mood, S3Server, SECRET_KEY};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Folder,
    S3,
}

/// A store and what it stands on.
struct Place {
    location: Location,
    folder: tempfile::TempDir,
    server: Option<S3Server>,
}

impl Place {
    async fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        match kind {
            Kind::Folder => {
                let location = Location::folder(&folder.path().join("objects"), Access::default());
                Self { location, folder, server: None }
            }
            Kind::S3 => {
                let server = S3Server::start().await;
                std::fs::write(folder.path().join("aws_access_key_id"), format!("{ACCESS_KEY}\n")).unwrap();
                std::fs::write(folder.path().join("aws_secret_access_key"), SECRET_KEY).unwrap();
                let access = Access {
                    endpoint: server.endpoint(),
                    region: "eu-central-1".to_owned(),
                    credentials_dir: folder.path().to_owned(),
                    ..Access::default()
                };
                Self {
                    location: Location::new(format!("s3://{BUCKET}/some/prefix"), access),
                    folder,
                    server: Some(server),
                }
            }
        }
    }

    fn open(&self, keys: Option<KeyRing>) -> (Store, Abandoned) {
        Store::new(self.location.connect().unwrap(), keys, self.location.access.timeout)
    }

    fn store(&self, keys: Option<KeyRing>) -> Store {
        self.open(keys).0
    }

    /// Files in the store, whatever they are.
    fn files(&self) -> Vec<std::path::PathBuf> {
        fn walk(dir: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
            }
        }
        let mut found = Vec::new();
        match &self.server {
            Some(server) => found = server.files(),
            None => walk(&self.folder.path().join("objects"), &mut found),
        }
        found
    }
}

fn keys(ids: &[(&str, u8)]) -> Option<KeyRing> {
    let lines: Vec<String> = ids.iter().map(|(id, key)| format!("{id} {}", BASE64.encode(&[*key; 32]))).collect();
    Some(KeyRing::parse(&lines.join("\n")).unwrap())
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| (i * 31 + i / 251) as u8).collect()
}

async fn put(store: &Store, path: &str, content: &[u8]) -> String {
    let mut upload = store.begin("demo", path).unwrap();
    for chunk in content.chunks(32 * 1024) {
        upload.write(chunk).await.unwrap();
    }
    let mut stored = upload.finish().await.unwrap();
    assert_eq!(stored.bytes, content.len() as u64);
    stored.keep();
    stored.key.clone()
}

#[rstest]
#[tokio::test]
async fn what_was_stored_is_read_whole_and_in_ranges(
    #[values(Kind::Folder, Kind::S3)] kind: Kind,
    #[values(false, true)] sealed: bool,
    // Nothing, less than a chunk, exactly two, and more than one part of an upload.
    #[values(0, 10, 131_072, 12_000_000)] bytes: usize,
) {
    let place = Place::start(kind).await;
    let store = place.store(if sealed { keys(&[("k1", 1)]) } else { None });
    let content = content(bytes);
    let key = put(&store, "c1/r1", &content).await;
    assert_eq!(key, if sealed { "demo/c1/r1.sealed" } else { "demo/c1/r1" });
    let object = store.open(&key).await.unwrap();
    assert_eq!(object.bytes(), bytes as u64);
    for range in [0..u64::MAX, 0..1, 65_000..66_000, bytes as u64 / 2..bytes as u64, 5..5, u64::MAX..u64::MAX] {
        let read = object.read(range.clone()).await.unwrap();
        let (from, to) = (range.start.min(bytes as u64) as usize, range.end.min(bytes as u64) as usize);
        assert!(read == content[from..to], "{range:?}");
    }
    let pieces: Vec<_> = object.stream(3..bytes as u64, 100_000).try_collect().await.unwrap();
    assert!(pieces.concat() == content.get(3..).unwrap_or_default());
    assert!(pieces.iter().all(|piece| piece.len() <= 100_000));
    store.remove(&key).await.unwrap();
    store.remove(&key).await.unwrap();
    assert!(matches!(store.open(&key).await.unwrap_err(), Error::NotFound(_)));
    assert_eq!(place.files(), Vec::<std::path::PathBuf>::new());
}

#[rstest]
#[tokio::test]
async fn a_decoder_reads_and_seeks(#[values(Kind::Folder, Kind::S3)] kind: Kind) {
    let place = Place::start(kind).await;
    let store = place.store(keys(&[("k1", 1)]));
    let content = content(1_500_000);
    let key = put(&store, "c1/r1", &content).await;
    let object = store.open(&key).await.unwrap();
    let mut reader = object.reader(tokio::runtime::Handle::current());
    tokio::task::spawn_blocking(move || {
        assert_eq!(reader.length(), 1_500_000);
        let mut end = Vec::new();
        reader.seek(SeekFrom::End(-700_000)).unwrap();
        reader.read_to_end(&mut end).unwrap();
        assert!(end == content[800_000..]);
        let mut all = Vec::new();
        reader.seek(SeekFrom::Start(0)).unwrap();
        reader.read_to_end(&mut all).unwrap();
        assert!(all == content);
        assert_eq!(reader.seek(SeekFrom::Current(10)).unwrap(), 1_500_010);
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
        assert!(reader.seek(SeekFrom::End(-1_500_001)).is_err());
    })
    .await
    .unwrap();
}

#[rstest]
#[tokio::test]
async fn nothing_of_a_sealed_object_lies_open(#[values(Kind::Folder, Kind::S3)] kind: Kind) {
    let place = Place::start(kind).await;
    let store = place.store(keys(&[("k1", 1)]));
    let words = b"what was said in confidence ".repeat(10_000);
    put(&store, "c1/r1", &words).await;
    assert_eq!(place.files().len(), 2);
    for file in place.files() {
        let lies = std::fs::read(&file).unwrap();
        assert!(!lies.windows(10).any(|part| part == b"confidence"), "{file:?}");
    }
}

#[rstest]
#[tokio::test]
async fn keys_are_rotated_and_only_the_envelope_is_written_anew(#[values(Kind::Folder, Kind::S3)] kind: Kind) {
    let place = Place::start(kind).await;
    let store = place.store(keys(&[("k1", 1)]));
    let content = content(100_000);
    let key = put(&store, "c1/r1", &content).await;
    let object = || place.files().into_iter().find(|file| file.extension().unwrap() == "sealed").unwrap();
    let before = std::fs::read(object()).unwrap();

    store.set_keys(keys(&[("k2", 2), ("k1", 1)]).unwrap());
    assert!(store.open(&key).await.unwrap().read(0..u64::MAX).await.unwrap() == content);
    assert_eq!(store.rewrap(&key).await.unwrap().as_deref(), Some("k2"));
    assert_eq!(store.rewrap(&key).await.unwrap().as_deref(), Some("k2"));
    assert!(std::fs::read(object()).unwrap() == before);

    let later = place.store(keys(&[("k2", 2)]));
    assert!(later.open(&key).await.unwrap().read(0..u64::MAX).await.unwrap() == content);
    let gone = place.store(keys(&[("k3", 3)]));
    assert_eq!(gone.open(&key).await.unwrap_err(), Error::KeyMissing("k2".to_owned()));
    assert_eq!(gone.rewrap(&key).await.unwrap_err(), Error::KeyMissing("k2".to_owned()));
    assert_eq!(place.store(None).open(&key).await.unwrap_err(), Error::KeyMissing("k2".to_owned()));
    let of_the_same_id = place.store(keys(&[("k2", 9)]));
    assert!(matches!(of_the_same_id.open(&key).await.unwrap_err(), Error::Damaged { .. }));
}

#[tokio::test]
async fn what_was_stored_without_keys_is_read_once_there_are_some() {
    let place = Place::start(Kind::Folder).await;
    let key = put(&place.store(None), "c1/r1", b"plain").await;
    let store = place.store(keys(&[("k1", 1)]));
    assert_eq!(store.open(&key).await.unwrap().read(0..9).await.unwrap(), "plain");
    assert_eq!(store.rewrap(&key).await.unwrap(), None);
}

#[tokio::test]
async fn objects_that_were_moved_swapped_cut_or_laid_open_are_refused() {
    let place = Place::start(Kind::Folder).await;
    let store = place.store(keys(&[("k1", 1)]));
    let one = put(&store, "c1/r1", &content(200_000)).await;
    let other = put(&store, "c2/r2", &content(200_000)).await;
    let root = place.folder.path().join("objects");
    let file = |key: &str| root.join(key);
    let read = |key: String| {
        let store = store.clone();
        async move { store.open(&key).await?.read(0..100).await }
    };
    let damaged = |answer: Result<_, Error>| matches!(answer, Err(Error::Damaged { .. }));

    // Into another workspace, with its envelope.
    std::fs::create_dir_all(file("rival/c1")).unwrap();
    for end in ["", ".key"] {
        std::fs::copy(file(&format!("{one}{end}")), file(&format!("rival/c1/r1.sealed{end}"))).unwrap();
    }
    assert!(damaged(read("rival/c1/r1.sealed".to_owned()).await));
    // Another object in its place; then another envelope.
    let kept = std::fs::read(file(&one)).unwrap();
    std::fs::copy(file(&other), file(&one)).unwrap();
    assert!(damaged(read(one.clone()).await));
    std::fs::write(file(&one), &kept).unwrap();
    let envelope = std::fs::read(file(&format!("{one}.key"))).unwrap();
    std::fs::copy(file(&format!("{other}.key")), file(&format!("{one}.key"))).unwrap();
    assert!(damaged(read(one.clone()).await));
    // A length that was not sealed.
    let told = String::from_utf8(envelope.clone()).unwrap().replace("200000", "150000");
    std::fs::write(file(&format!("{one}.key")), told).unwrap();
    assert!(damaged(read(one.clone()).await));
    std::fs::write(file(&format!("{one}.key")), &envelope).unwrap();
    assert_eq!(read(one.clone()).await.unwrap(), &content(100)[..]);
    // Cut off behind what is asked for.
    std::fs::write(file(&one), &kept[..kept.len() - 1]).unwrap();
    assert!(damaged(read(one.clone()).await));
    // Without its envelope, and as if it had never been sealed.
    std::fs::write(file(&one), b"forged").unwrap();
    std::fs::remove_file(file(&format!("{one}.key"))).unwrap();
    assert!(matches!(read(one).await, Err(Error::NotFound(_))));
}

#[rstest]
#[tokio::test]
async fn an_upload_that_is_dropped_leaves_nothing(#[values(Kind::Folder, Kind::S3)] kind: Kind) {
    let place = Place::start(kind).await;
    let (store, abandoned) = place.open(keys(&[("k1", 1)]));
    let shutdown = CancellationToken::new();
    let cleaning = tokio::task::spawn(abandoned.run(shutdown.clone()));
    let mut broken = store.begin("demo", "c1/broken").unwrap();
    broken.write(&content(6_000_000)).await.unwrap();
    drop(broken);
    let mut unwanted = store.begin("demo", "c1/unwanted").unwrap();
    unwanted.write(&content(6_000_000)).await.unwrap();
    drop(unwanted.finish().await.unwrap());
    let mut unwanted = store.begin("demo", "c1/unwanted").unwrap();
    unwanted.write(b"little").await.unwrap();
    unwanted.finish().await.unwrap().discard().await.unwrap();
    eventually("all of it is gone", || async {
        let parts = place.server.as_ref().map_or(0, S3Server::parts);
        (place.files().is_empty() && parts == 0).then_some(())
    })
    .await;
    shutdown.cancel();
    cleaning.await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_upload_that_is_dropped_while_it_begins_leaves_nothing(#[values(Kind::Folder, Kind::S3)] kind: Kind) {
    let place = Place::start(kind).await;
    let (store, abandoned) = place.open(None);
    let shutdown = CancellationToken::new();
    let cleaning = tokio::task::spawn(abandoned.run(shutdown.clone()));
    let content = content(6_000_000);
    let mut broken = store.begin("demo", "c1/broken").unwrap();
    let mut writing = Box::pin(broken.write(&content));
    assert!(futures::poll!(&mut writing).is_pending());
    drop(writing);
    drop(broken);
    // Asked for later, so what was begun before is there by now.
    let key = put(&store, "c1/whole", b"little").await;
    eventually("only the other is left", || async {
        let parts = place.server.as_ref().map_or(0, S3Server::parts);
        (place.files().len() == 1 && parts == 0).then_some(())
    })
    .await;
    store.remove(&key).await.unwrap();
    shutdown.cancel();
    cleaning.await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_object_whose_owner_goes_away_while_it_is_made_is_removed(#[values(Kind::Folder, Kind::S3)] kind: Kind) {
    let place = Place::start(kind).await;
    let (store, abandoned) = place.open(None);
    let shutdown = CancellationToken::new();
    let cleaning = tokio::task::spawn(abandoned.run(shutdown.clone()));
    let mut little = store.begin("demo", "c1/little").unwrap();
    little.write(b"little").await.unwrap();
    let mut finishing = Box::pin(little.finish());
    assert!(futures::poll!(&mut finishing).is_pending());
    drop(finishing);
    // Asked for later, so what was begun before is there by now.
    put(&store, "c1/whole", b"little").await;
    eventually("only the other is left", || async { (place.files().len() == 1).then_some(()) }).await;
    shutdown.cancel();
    cleaning.await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_list_names_objects_and_their_envelopes_by_the_object(#[values(Kind::Folder, Kind::S3)] kind: Kind) {
    let place = Place::start(kind).await;
    let store = place.store(None);
    let plain = put(&store, "c1/r1", b"one").await;
    store.set_keys(keys(&[("k1", 1)]).unwrap());
    let sealed = put(&store, "c1/r2", b"two").await;
    store.write_note("owner", b"me".to_vec()).await.unwrap();
    assert_eq!(store.read_note("owner").await.unwrap().unwrap(), "me");
    assert_eq!(store.read_note("nobody").await.unwrap(), None);
    let mut all: Vec<String> = store.list("").map(|listed| listed.unwrap().key).collect().await;
    all.sort();
    assert_eq!(all, [plain.clone(), sealed.clone(), sealed.clone(), "owner".to_owned()]);
    let mut under: Vec<String> = store.list("demo/c1").map(|listed| listed.unwrap().key).collect().await;
    under.sort();
    assert_eq!(under, [plain, sealed.clone(), sealed]);
    assert_eq!(store.list("dem").count().await, 0);
}

#[tokio::test]
async fn a_full_a_failing_a_silent_and_an_absent_server_are_told_apart() {
    let mut place = Place::start(Kind::S3).await;
    place.location.access.timeout = Duration::from_millis(1500);
    let store = place.store(None);
    let key = put(&store, "c1/r1", b"there").await;
    let server = place.server.take().unwrap();
    let write = || async {
        let mut upload = store.begin("demo", "c1/r2").unwrap();
        upload.write(b"more").await?;
        upload.finish().await.map(|stored| stored.key.clone())
    };
    server.set(Mood::Full);
    assert!(matches!(write().await, Err(Error::Full(_))), "{:?}", write().await);
    assert!(store.open(&key).await.is_ok());
    for mood in [Mood::Failing, Mood::Silent] {
        server.set(mood);
        assert!(matches!(write().await, Err(Error::Unavailable(_))), "{mood:?} {:?}", write().await);
        assert!(matches!(store.open(&key).await, Err(Error::Unavailable(_))), "{mood:?}");
        assert!(matches!(store.remove(&key).await, Err(Error::Unavailable(_))), "{mood:?}");
    }
    drop(server);
    eventually("nobody is there any more", || async {
        matches!(store.open(&key).await, Err(Error::Unavailable(_))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_stranger_is_refused() {
    let place = Place::start(Kind::S3).await;
    std::fs::write(place.folder.path().join("aws_secret_access_key"), "guessed").unwrap();
    let answer = place.store(None).open("demo/c1/r1").await;
    assert!(matches!(answer, Err(Error::Denied(_))), "{answer:?}");
}
