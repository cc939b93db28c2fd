//! Typed reading of one mapping: what is missing, of the wrong kind, out of range or unknown is collected, not returned.

use super::finding::{Findings, Severity};
use super::node::{Entry, Node, Place, Value};

/// The fields of a mapping while it is read.
#[derive(Debug)]
pub struct Fields<'n> {
    entries: &'n [Entry],
    path: String,
    place: Place,
    used: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// None, and a finding, where the node is no mapping.
    pub fn of(node: &'n Node, path: impl Into<String>, findings: &mut Findings) -> Option<Self> {
        let path = path.into();
        match &node.value {
            Value::Map(entries) => Some(Self { entries, path, place: node.place, used: Vec::new() }),
            other => {
                wrong_kind(&path, node, "a mapping", other, findings);
                None
            }
        }
    }

    pub fn line(&self) -> u32 {
        self.place.line
    }

    /// Path of a key of this mapping.
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The names of the keys that are there.
    pub fn keys(&self) -> impl Iterator<Item = &'n str> {
        self.entries.iter().map(|e| e.key.as_str())
    }

    pub fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        self.used.push(key);
        self.entries.iter().find(|e| e.key == key).map(|e| &e.node)
    }

    pub fn required(&mut self, key: &'static str, findings: &mut Findings) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() {
            add(findings, "missing-field", &self.path(key), self.place, "is required");
        }
        found
    }

    pub fn text(&mut self, key: &'static str, findings: &mut Findings) -> Option<String> {
        let node = self.required(key, findings)?;
        text(node, &self.path(key), findings)
    }

    pub fn optional_text(&mut self, key: &'static str, findings: &mut Findings) -> Option<String> {
        let node = self.optional(key)?;
        text(node, &self.path(key), findings)
    }

    pub fn number(&mut self, key: &'static str, findings: &mut Findings) -> Option<f64> {
        let node = self.optional(key)?;
        number(node, &self.path(key), findings)
    }

    /// A whole number inside bounds.
    pub fn count(
        &mut self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<u32>,
        findings: &mut Findings,
    ) -> Option<u32> {
        let node = self.optional(key)?;
        whole(node, &self.path(key), bounds, findings)
    }

    pub fn flag(&mut self, key: &'static str, findings: &mut Findings) -> Option<bool> {
        let node = self.optional(key)?;
        match &node.value {
            Value::Bool(b) => Some(*b),
            other => {
                wrong_kind(&self.path(key), node, "true or false", other, findings);
                None
            }
        }
    }

    /// One of a closed set of words.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)], findings: &mut Findings) -> Option<T> {
        let node = self.optional(key)?;
        let path = self.path(key);
        choice(node, &path, choices, findings)
    }

    /// The elements of a list; empty where the key is missing.
    pub fn list(&mut self, key: &'static str, findings: &mut Findings) -> Vec<(String, &'n Node)> {
        let Some(node) = self.optional(key) else { return Vec::new() };
        list(node, &self.path(key), findings)
    }

    pub fn texts(&mut self, key: &'static str, findings: &mut Findings) -> Vec<String> {
        self.list(key, findings).into_iter().filter_map(|(path, node)| text(node, &path, findings)).collect()
    }

    /// Reports every key nobody asked for. `later` names keys of the schema that this release can't evaluate.
    pub fn finish(self, later: &[&str], findings: &mut Findings) {
        for entry in self.entries {
            if self.used.contains(&entry.key.as_str()) {
                continue;
            }
            let path = self.path(&entry.key);
            if later.contains(&entry.key.as_str()) {
                add(
                    findings,
                    "unsupported-key",
                    &path,
                    entry.place,
                    format!("`{}` is not supported by this release; remove it", entry.key),
                );
                continue;
            }
            let hint = nearest(&entry.key, &self.used).map(|k| format!("; did you mean `{k}`?")).unwrap_or_default();
            add(findings, "unknown-key", &path, entry.place, format!("unknown key `{}`{hint}", entry.key));
        }
    }
}

pub fn add(findings: &mut Findings, rule: &'static str, path: &str, place: Place, message: impl Into<String>) {
    findings.add(Severity::Error, rule, path, (place.line, place.column), message);
}

fn wrong_kind(path: &str, node: &Node, wanted: &str, found: &Value, findings: &mut Findings) {
    add(findings, "wrong-type", path, node.place, format!("must be {wanted}, not {}", found.kind()));
}

pub fn text(node: &Node, path: &str, findings: &mut Findings) -> Option<String> {
    match &node.value {
        Value::Text(text) if text.trim().is_empty() => {
            add(findings, "empty-text", path, node.place, "must not be empty");
            None
        }
        Value::Text(text) => Some(text.trim().to_owned()),
        // YAML reads a bare `N` or `no` as one.
        Value::Bool(_) => {
            add(findings, "wrong-type", path, node.place, "must be text, not true or false; put it in quotes");
            None
        }
        other => {
            wrong_kind(path, node, "text", other, findings);
            None
        }
    }
}

pub fn number(node: &Node, path: &str, findings: &mut Findings) -> Option<f64> {
    match &node.value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) if n.is_finite() => Some(*n),
        other => {
            wrong_kind(path, node, "a number", other, findings);
            None
        }
    }
}

/// A whole number inside bounds.
pub fn whole(node: &Node, path: &str, bounds: std::ops::RangeInclusive<u32>, findings: &mut Findings) -> Option<u32> {
    match &node.value {
        Value::Int(n) => {
            let fitting = u32::try_from(*n).ok().filter(|n| bounds.contains(n));
            if fitting.is_none() {
                let message = format!("must be {} to {}, not {n}", bounds.start(), bounds.end());
                add(findings, "out-of-range", path, node.place, message);
            }
            fitting
        }
        other => {
            wrong_kind(path, node, "a whole number", other, findings);
            None
        }
    }
}

pub fn choice<T: Copy>(node: &Node, path: &str, choices: &[(&str, T)], findings: &mut Findings) -> Option<T> {
    let word = text(node, path, findings)?;
    let found = choices.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
        add(findings, "unknown-value", path, node.place, format!("`{word}` is none of {}", names.join(", ")));
    }
    found
}

pub fn list<'n>(node: &'n Node, path: &str, findings: &mut Findings) -> Vec<(String, &'n Node)> {
    match &node.value {
        Value::List(nodes) => nodes.iter().enumerate().map(|(i, n)| (format!("{path}[{i}]"), n)).collect(),
        other => {
            wrong_kind(path, node, "a list", other, findings);
            Vec::new()
        }
    }
}

/// The known key that a misspelt one most looks like.
fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    known.iter().map(|k| (distance(key, k), *k)).filter(|(d, k)| *d <= 2 && *d < k.len()).min().map(|(_, k)| k)
}

fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut before = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.chars().enumerate() {
            let (left, above) = (row.get(j).copied().unwrap_or(0), row.get(j + 1).copied().unwrap_or(0));
            let best = (before + usize::from(x != y)).min(left + 1).min(above + 1);
            before = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = best;
            }
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}
