//! Makes `starter/vectors.bin` anew: the vectors of the starter set's turns and of the examples in the sample playbooks.
//! To be run when either has changed; a test says when it is stale.
//!
//! `cargo run -p playbook-evaluator --example starter_vectors`

use anyhow::Context as _;
use playbook_evaluator::domain::learn;
use playbook_evaluator::domain::lint::lint;
use std::collections::BTreeSet;
use std::path::Path;
use throughline_embeddings::{Embedder, VectorStore};
use throughline_models::{Manifest, locate_embeddings};

fn main() -> anyhow::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for labelled in learn::starter()? {
        texts.extend(labelled.transcript.turns.iter().map(|turn| turn.text.trim().to_owned()));
    }
    for entry in std::fs::read_dir(here.join("../../samples/playbooks"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let revision =
            lint(&std::fs::read_to_string(&path)?).revision.with_context(|| format!("{}", path.display()))?;
        texts.extend(learn::example_texts(&revision).into_iter().map(|text| text.trim().to_owned()));
    }
    texts.remove("");
    let folder = throughline_models::default_dir().context("no cache folder")?;
    let model = locate_embeddings(&Manifest::embedded()?, &folder, None)?;
    let embedder = Embedder::load(&model, std::thread::available_parallelism()?.get())?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut vectors = Vec::with_capacity(texts.len());
    for (done, part) in texts.chunks(500).enumerate() {
        eprintln!("{} of {}", done * 500, texts.len());
        vectors.extend(embedder.embed(part)?);
    }
    let store = VectorStore::build(embedder.model_sha256(), texts.iter().copied().zip(vectors))?;
    std::fs::write(here.join("starter/vectors.bin"), store)?;
    Ok(())
}
