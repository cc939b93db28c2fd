//! Walks a message and notes what is wrong, each with the path of its field.

use chrono::{DateTime, NaiveDate, Utc};
use prost_types::Timestamp;
use throughline_proto::common::v1 as common;
use throughline_rpc::Violations;
use throughline_rpc::name::Pattern;

use super::evidence;
use crate::domain::evidence::Evidence;

/// The place in the message, and what was found so far.
pub struct Reader<'a> {
    workspace: &'a str,
    path: String,
    violations: Violations,
}

impl<'a> Reader<'a> {
    /// At the root of a message of `workspace`.
    pub fn new(workspace: &'a str) -> Self {
        Self { workspace, path: String::new(), violations: Violations::new() }
    }

    /// Everything found.
    pub fn into_violations(self) -> Violations {
        self.violations
    }

    /// The workspace that everything must belong to.
    pub fn workspace(&self) -> &'a str {
        self.workspace
    }

    /// Something is wrong with a field of the present part.
    pub fn violation(&mut self, field: &str, what: &str) {
        self.violations.add(format!("{}{field}", self.path), what);
    }

    /// A violation unless `holds`.
    pub fn check(&mut self, holds: bool, field: &str, what: &str) {
        if !holds {
            self.violation(field, what);
        }
    }

    /// Reads a part under its name.
    pub fn within<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(field);
        self.path.push('.');
        let value = read(self);
        self.path.truncate(length);
        value
    }

    /// Reads a part that may be missing.
    pub fn optional<M, T>(
        &mut self,
        field: &str,
        part: Option<M>,
        read: impl FnOnce(&mut Self, M) -> Option<T>,
    ) -> Option<T> {
        part.and_then(|message| self.within(field, |reader| read(reader, message)))
    }

    /// Reads the parts of a list; those that can't be read are left out, with a violation each.
    pub fn each<M, T>(
        &mut self,
        field: &str,
        parts: Vec<M>,
        mut read: impl FnMut(&mut Self, M) -> Option<T>,
    ) -> Vec<T> {
        let parts = parts.into_iter().enumerate();
        parts.filter_map(|(i, message)| self.within(&format!("{field}[{i}]"), |reader| read(reader, message))).collect()
    }

    /// The id in a name of a resource of the workspace.
    pub fn id(&mut self, field: &str, pattern: Pattern<2>, name: &str) -> Option<String> {
        match pattern.parse(name) {
            Some([workspace, id]) if workspace == self.workspace => Some(id),
            _ => {
                self.violation(field, &format!("must be a {} of the same workspace", pattern.kind));
                None
            }
        }
    }

    /// A required moment.
    pub fn moment(&mut self, field: &str, time: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        let read = time.and_then(|t| DateTime::from_timestamp(t.seconds, u32::try_from(t.nanos).ok()?));
        self.check(read.is_some(), field, "is required and must be a moment");
        read
    }

    /// A day; empty is none.
    pub fn day(&mut self, field: &str, text: &str) -> Option<NaiveDate> {
        if text.is_empty() {
            return None;
        }
        let read = text.parse().ok();
        self.check(read.is_some(), field, "must be a day, YYYY-MM-DD");
        read
    }

    /// The list of evidence of the present part.
    pub fn evidence(&mut self, list: Vec<common::Evidence>) -> Vec<Evidence> {
        self.each("evidence", list, evidence::read)
    }
}
