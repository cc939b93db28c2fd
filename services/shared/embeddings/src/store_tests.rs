use proptest::prelude::*;

use super::*;

const MODEL: &str = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6";

fn vector(seed: u8) -> Vector {
    Vector::unit(std::array::from_fn(|i| ((i * 7 + usize::from(seed) * 31) % 101) as f32 - 50.0))
}

fn bytes(texts: &[String]) -> Vec<u8> {
    VectorStore::build(MODEL, texts.iter().enumerate().map(|(i, text)| (text, vector(i as u8)))).unwrap()
}

/// A change that keeps the checksum right, as a defect of the writer would.
fn resealed(mut bytes: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    change(&mut bytes);
    let digest = digest(&bytes);
    bytes[DIGEST_AT..HEADER_BYTES].copy_from_slice(&digest);
    bytes
}

proptest! {
    #[test]
    fn every_text_is_found_again_with_its_vector(texts in prop::collection::hash_set("[a-z]{1,12}", 0..20)) {
        let texts: Vec<String> = texts.into_iter().collect();
        let store = VectorStore::open(bytes(&texts)).unwrap();
        prop_assert_eq!(store.len(), texts.len());
        prop_assert_eq!(store.model_sha256(), MODEL);
        for (i, text) in texts.iter().enumerate() {
            prop_assert!(store.get(text).unwrap().dot(&vector(i as u8)) > 0.999);
        }
        prop_assert!(store.get("A TEXT THAT IS NOT THERE").is_none());
    }

    #[test]
    fn a_changed_byte_or_a_cut_is_refused(at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<bool>()) {
        let mut bytes = bytes(&["one".to_owned(), "two".to_owned()]);
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= flip;
        }
        prop_assert!(VectorStore::open(bytes).is_err());
    }

    #[test]
    fn a_changed_byte_behind_a_right_checksum_does_no_harm(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let bytes = bytes(&["one".to_owned(), "two".to_owned()]);
        let at = at.index(bytes.len());
        if let Ok(store) = VectorStore::open(resealed(bytes, |bytes| bytes[at] = value)) {
            store.get("one");
            store.get("two");
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..1000)) {
        prop_assert!(VectorStore::open(bytes).is_err());
    }
}

#[test]
fn says_what_is_wrong_with_the_bytes() {
    let made = || bytes(&["one".to_owned(), "two".to_owned()]);
    let refused = |change: fn(&mut Vec<u8>)| VectorStore::open(resealed(made(), change)).unwrap_err();
    assert_eq!(refused(|bytes| bytes[0] = b'X'), StoreError::NotAStore);
    assert_eq!(refused(|bytes| bytes[4] = 2), StoreError::Version(2));
    assert_eq!(refused(|bytes| bytes[6] = 0), StoreError::Dims(256));
    assert!(matches!(refused(|bytes| bytes[47] = 255), StoreError::Length { .. }));
    assert_eq!(refused(|bytes| bytes[HEADER_BYTES..HEADER_BYTES + 8].fill(255)), StoreError::Order);
    let not_a_scale = |bytes: &mut Vec<u8>| bytes[HEADER_BYTES + 16..HEADER_BYTES + 20].fill(255);
    assert_eq!(refused(not_a_scale), StoreError::Vector { index: 0, error: QuantizedError::Scale });
    assert_eq!(VectorStore::open([].as_slice()).unwrap_err(), StoreError::NotAStore);
    let mut damaged = made();
    damaged[200] ^= 1;
    assert_eq!(VectorStore::open(damaged).unwrap_err(), StoreError::Checksum);
}

#[test]
fn space_around_a_text_does_not_matter_and_the_first_of_two_is_kept() {
    let entries = [(" one", vector(1)), ("one ", vector(2))];
    let store = VectorStore::open(VectorStore::build(MODEL, entries).unwrap()).unwrap();
    assert_eq!(store.len(), 1);
    assert!(store.get("one").unwrap().dot(&vector(1)) > 0.999);
}

#[test]
fn a_model_that_is_no_sha256_is_refused() {
    let none = std::iter::empty::<(&str, Vector)>;
    for model in ["", "12", "zz", &MODEL[1..], &format!("{MODEL}0")] {
        assert_eq!(VectorStore::build(model, none()), Err(StoreError::BadModel(model.to_owned())));
    }
}
