//! Reading PyTorch state dicts: names, shapes and numbers, without Python.
//!
//! A checkpoint is a zip archive with a pickle that says which tensor lies where, and the bytes of the tensors. Owns:
//! finding tensors by name. Does not own: whether the file is the right one (`throughline-models` checks its sha256).

mod pickle;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zip::ZipArchive;

use pickle::Value;

/// Larger members are none of the files this is for.
const MAX_MEMBER_BYTES: u64 = 64 << 20;

/// A tensor of 32-bit floats in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// The tensors of a checkpoint by name.
#[derive(Debug)]
pub struct Checkpoint(HashMap<String, Tensor>);

impl Checkpoint {
    /// Reads all float tensors. Errors are sentences. Blocks on the disk.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|e| e.to_string())?;
        let mut archive = ZipArchive::new(file).map_err(|e| format!("it is no checkpoint: {e}"))?;
        let index = archive
            .file_names()
            .flatten()
            .map(|name| name.into_owned())
            .find(|name| name.ends_with("/data.pkl"))
            .ok_or("it has no index of tensors")?;
        let folder = index.trim_end_matches("data.pkl").to_owned();
        let top = pickle::read(&member(&mut archive, &index)?)?;
        let entries = match top.entry("state_dict") {
            Some(inner) => inner.entries(),
            None => top.entries(),
        };
        let mut storages = HashMap::new();
        let mut tensors = HashMap::new();
        for (name, value) in entries {
            let (Value::Text(name), Value::Tensor(stored)) = (name, value) else { continue };
            if stored.kind != "FloatStorage" {
                continue;
            }
            if !storages.contains_key(&stored.storage) {
                let bytes = member(&mut archive, &format!("{folder}data/{}", stored.storage))?;
                storages.insert(stored.storage.clone(), floats(&bytes));
            }
            let storage = storages.get(&stored.storage).map(Vec::as_slice).unwrap_or_default();
            let count = stored.shape.iter().product::<usize>();
            let values = storage.get(stored.offset..).and_then(|rest| rest.get(..count));
            let values = values.ok_or_else(|| format!("tensor `{name}` lies outside of its storage"))?.to_vec();
            tensors.insert(name.clone(), Tensor { shape: stored.shape.clone(), values });
        }
        Ok(Self(tensors))
    }

    /// The tensor `name`, which must have this shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<&Tensor, String> {
        let found = self.0.get(name).ok_or_else(|| format!("tensor `{name}` is missing"))?;
        if found.shape != shape {
            return Err(format!("tensor `{name}` has shape {:?} and not {shape:?}", found.shape));
        }
        Ok(found)
    }

    /// The numbers of the vector `name`.
    pub fn vector(&self, name: &str, length: usize) -> Result<&[f32], String> {
        Ok(&self.tensor(name, &[length])?.values)
    }
}

fn member(archive: &mut ZipArchive<File>, name: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = archive.by_name(name).map_err(|e| format!("`{name}`: {e}"))?;
    file.take(MAX_MEMBER_BYTES).read_to_end(&mut bytes).map_err(|e| format!("`{name}`: {e}"))?;
    Ok(bytes)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks::<4>();
    values.iter().map(|value| f32::from_le_bytes(*value)).collect()
}
