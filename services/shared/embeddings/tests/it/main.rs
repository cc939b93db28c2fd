//! Vectors of the real model: it is looked for in THROUGHLINE_MODELS, else in the user's cache folder (`throughline
//! models pull` puts it there).
#![expect(clippy::unwrap_used, reason = "tests: what can't be had fails the test")]

use std::path::PathBuf;
use std::sync::LazyLock;

use throughline_embeddings::{Embedder, Quantized, StoreError, Vector, VectorStore};
use throughline_models::{EmbeddingModel, Manifest, locate_embeddings};

static ONE: LazyLock<Embedder> = LazyLock::new(|| Embedder::load(&model(), 1).unwrap());

const SENTENCES: [&str; 5] = [
    "We send the compliance team a draft, and they come back ten days later.",
    "Who signs off on the budget?",
    "Yeah.",
    "Our contract with the current vendor runs out at the end of June, and we would rather not renew it.",
    "The café's invoice (No. 4711) was $1,200!",
];

/// First numbers of the sentences' vectors, and cosines between them, as the Python packages onnxruntime and tokenizers
/// give them.
const FIRST: [[f32; 4]; 5] = [
    [-0.05596, -0.01684, 0.01001, 0.05954],
    [0.04801, 0.01848, 0.00671, 0.04602],
    [-0.1526, 0.00135, -0.00941, -0.01051],
    [-0.03792, 0.00465, 0.00075, -0.03124],
    [-0.04695, 0.07953, 0.02344, 0.02537],
];
const COSINES: [[f32; 5]; 5] = [
    [1.0, 0.18829, 0.10212, 0.34664, 0.01546],
    [0.18829, 1.0, 0.20152, 0.21708, 0.29383],
    [0.10212, 0.20152, 1.0, 0.02951, 0.06793],
    [0.34664, 0.21708, 0.02951, 1.0, 0.10028],
    [0.01546, 0.29383, 0.06793, 0.10028, 1.0],
];

/// First numbers of a name's vector in its sentence, likewise.
const FIRST_OF_NAME: [f32; 4] = [-0.05149, 0.05128, 0.01801, -0.07739];

fn model() -> EmbeddingModel {
    let given = std::env::var_os("THROUGHLINE_MODELS").map(PathBuf::from);
    let dir = given.or_else(throughline_models::default_dir).unwrap();
    locate_embeddings(&Manifest::embedded().unwrap(), &dir, None).unwrap()
}

/// Texts of many lengths, some of the same.
fn texts() -> Vec<String> {
    let words = "we would need a security review before anybody in procurement signs and the board meets again in June";
    let words: Vec<&str> = words.split(' ').collect();
    let text = |i: usize| words.iter().cycle().skip(i * 5 % 17).take(1 + i % 23).copied().collect::<Vec<_>>().join(" ");
    (0..80).map(text).collect()
}

#[test]
fn vectors_are_those_of_the_reference() {
    let vectors = ONE.embed(&SENTENCES).unwrap();
    for ((vector, first), cosines) in vectors.iter().zip(FIRST).zip(COSINES) {
        for (value, expected) in vector.as_array().iter().zip(first) {
            assert!((value - expected).abs() < 2e-4, "{value} for {expected}");
        }
        for (other, expected) in vectors.iter().zip(cosines) {
            assert!((vector.dot(other) - expected).abs() < 2e-4, "{} for {expected}", vector.dot(other));
        }
    }
}

#[test]
fn a_text_has_the_same_bits_alone_and_among_others_whatever_the_number_of_threads() {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = ONE.embed(&texts).unwrap();
    assert_eq!(Embedder::load(&model(), 2).unwrap().embed(&texts).unwrap(), together);
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&ONE.embed(&[text]).unwrap(), &[*vector], "{text}");
    }
}

#[test]
fn calls_from_several_threads_share_the_sessions() {
    let expected = ONE.embed(&SENTENCES).unwrap();
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(|| ONE.embed(&SENTENCES).unwrap())).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), expected);
        }
    });
}

#[test]
fn texts_without_words_have_the_zero_vector_and_repeated_ones_the_same() {
    let vectors = ONE.embed(&["", "Who signs?", " \n\t", " Who signs? "]).unwrap();
    assert!(vectors[0].is_zero() && vectors[2].is_zero());
    assert!(!vectors[1].is_zero());
    assert_eq!(vectors[1], vectors[3]);
    assert!(ONE.embed(&[]).unwrap().is_empty());
}

#[test]
fn a_stored_text_is_not_run() {
    let marked = Vector::unit(std::array::from_fn(|i| i as f32));
    let bytes = VectorStore::build(ONE.model_sha256(), [(SENTENCES[1], marked)]).unwrap();
    let embedder = Embedder::load(&model(), 1).unwrap().with_store(VectorStore::open(bytes).unwrap()).unwrap();
    let vectors = embedder.embed(&SENTENCES).unwrap();
    let plain = ONE.embed(&SENTENCES).unwrap();
    assert_eq!(vectors[1], Quantized::from(&marked).vector());
    assert_eq!((vectors[0], vectors[2]), (plain[0], plain[2]));
}

#[test]
fn a_store_of_another_model_is_refused() {
    let other = "0".repeat(64);
    let store = VectorStore::open(VectorStore::build(&other, [("a", Vector::ZERO)]).unwrap()).unwrap();
    let refused = Embedder::load(&model(), 1).unwrap().with_store(store).unwrap_err();
    assert!(matches!(refused, StoreError::OtherModel { stored, .. } if stored == other));
}

#[test]
fn a_quantised_vector_stays_close_to_what_it_was_made_from() {
    for vector in ONE.embed(&SENTENCES).unwrap() {
        assert!(Quantized::from(&vector).vector().dot(&vector) > 0.9995);
    }
}

#[test]
fn vectors_of_words_in_their_text_are_those_of_the_reference() {
    let text = "Before that we had Kestrel Cash in for a day.";
    let start = text.find("Kestrel").unwrap();
    let name = start..start + "Kestrel Cash".len();
    let vectors = ONE.embed_words(&[(text, name), (text, 0..text.len()), ("", 0..0)]).unwrap();
    for (value, expected) in vectors[0].as_array().iter().zip(FIRST_OF_NAME) {
        assert!((value - expected).abs() < 2e-4, "{value} for {expected}");
    }
    assert!(vectors[0].dot(&vectors[1]) < 0.95, "a name is not its sentence");
    assert!(vectors[2].is_zero());
}
