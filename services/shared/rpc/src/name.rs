//! Resource names: `workspaces/{w}/calls/{c}` and the like.

use crate::Violations;

/// The form of a kind of resource name with `N` ids in it.
#[derive(Debug, Clone, Copy)]
pub struct Pattern<const N: usize> {
    /// Kind of the resource, as errors name it.
    pub kind: &'static str,
    /// The form, ids as `{}`.
    form: &'static str,
}

/// A workspace.
pub const WORKSPACE: Pattern<1> = Pattern { kind: "Workspace", form: "workspaces/{}" };
/// A call.
pub const CALL: Pattern<2> = Pattern { kind: "Call", form: "workspaces/{}/calls/{}" };
/// An enrolled voice.
pub const VOICE: Pattern<2> = Pattern { kind: "Voice", form: "workspaces/{}/voices/{}" };
/// A transcript revision.
pub const TRANSCRIPT: Pattern<3> = Pattern { kind: "Transcript", form: "workspaces/{}/calls/{}/transcripts/{}" };
/// An upload of a call's recording.
pub const UPLOAD: Pattern<3> = Pattern { kind: "Upload", form: "workspaces/{}/calls/{}/uploads/{}" };
/// How the calls of a workspace are transcribed and kept.
pub const TRANSCRIPTION_SETTINGS: Pattern<1> =
    Pattern { kind: "TranscriptionSettings", form: "workspaces/{}/transcriptionSettings" };
/// A speech engine.
pub const SPEECH_ENGINE: Pattern<2> = Pattern { kind: "SpeechEngine", form: "workspaces/{}/speechEngines/{}" };
/// A call's recording.
pub const RECORDING: Pattern<2> = Pattern { kind: "Recording", form: "workspaces/{}/calls/{}/recording" };
/// What a purge removed.
pub const PURGE_RECEIPT: Pattern<2> = Pattern { kind: "PurgeReceipt", form: "workspaces/{}/purgeReceipts/{}" };
/// A watched prefix of an object store.
pub const IMPORT: Pattern<2> = Pattern { kind: "Import", form: "workspaces/{}/imports/{}" };
/// A call's summary.
pub const SUMMARY: Pattern<2> = Pattern { kind: "Summary", form: "workspaces/{}/calls/{}/summary" };
/// A call's association with a deal.
pub const ASSOCIATION: Pattern<2> = Pattern { kind: "Association", form: "workspaces/{}/calls/{}/association" };
/// A playbook.
pub const PLAYBOOK: Pattern<2> = Pattern { kind: "Playbook", form: "workspaces/{}/playbooks/{}" };
/// A playbook revision.
pub const REVISION: Pattern<3> = Pattern { kind: "Revision", form: "workspaces/{}/playbooks/{}/revisions/{}" };
/// An evaluation.
pub const EVALUATION: Pattern<2> = Pattern { kind: "Evaluation", form: "workspaces/{}/evaluations/{}" };
/// A label: a person's correction of an evaluation.
pub const LABEL: Pattern<2> = Pattern { kind: "Label", form: "workspaces/{}/labels/{}" };
/// A nudge.
pub const NUDGE: Pattern<2> = Pattern { kind: "Nudge", form: "workspaces/{}/nudges/{}" };
/// A rep.
pub const REP: Pattern<2> = Pattern { kind: "Rep", form: "workspaces/{}/reps/{}" };
/// An account.
pub const ACCOUNT: Pattern<2> = Pattern { kind: "Account", form: "workspaces/{}/accounts/{}" };
/// A contact.
pub const CONTACT: Pattern<2> = Pattern { kind: "Contact", form: "workspaces/{}/contacts/{}" };
/// A deal.
pub const DEAL: Pattern<2> = Pattern { kind: "Deal", form: "workspaces/{}/deals/{}" };
/// A proposal.
pub const PROPOSAL: Pattern<2> = Pattern { kind: "Proposal", form: "workspaces/{}/proposals/{}" };
/// A delivery of an event.
pub const DELIVERY: Pattern<2> = Pattern { kind: "Delivery", form: "workspaces/{}/deliveries/{}" };

/// Longest id, characters.
const MAX_ID: usize = 120;

impl<const N: usize> Pattern<N> {
    /// The ids in a name of this form; none when it has another form or an id with characters outside `A-Z a-z 0-9 . _ ~ -`.
    #[must_use]
    pub fn parse(&self, name: &str) -> Option<[String; N]> {
        let mut ids = Vec::with_capacity(N);
        let mut parts = name.split('/');
        for expected in self.form.split('/') {
            let part = parts.next()?;
            if expected == "{}" {
                ids.push(valid_id(part).then(|| part.to_owned())?);
            } else if part != expected {
                return None;
            }
        }
        if parts.next().is_some() {
            return None;
        }
        ids.try_into().ok()
    }

    /// The name made of these ids.
    #[must_use]
    pub fn format(&self, ids: [&str; N]) -> String {
        let mut name = String::with_capacity(self.form.len() + ids.iter().map(|id| id.len()).sum::<usize>());
        let mut ids = ids.into_iter();
        for (index, part) in self.form.split('/').enumerate() {
            if index > 0 {
                name.push('/');
            }
            name.push_str(if part == "{}" { ids.next().unwrap_or_default() } else { part });
        }
        name
    }

    /// The ids, or a violation that says which form is expected.
    pub fn require(&self, violations: &mut Violations, field: &str, name: &str) -> Option<[String; N]> {
        let parsed = self.parse(name);
        if parsed.is_none() {
            violations.add(field, format!("must have the form {}", self.form.replace("{}", "{id}")));
        }
        parsed
    }
}

/// Is it usable as an id in a name?
#[must_use]
pub fn valid_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_ID
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
}

/// An id made of a text: lower case, runs of other characters as one `-`. Empty when nothing is left.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let ascii: String =
        slug.trim_matches('-').chars().flat_map(|c| if c.is_ascii() { vec![c] } else { fold(c) }).collect();
    ascii.chars().take(MAX_ID).collect()
}

/// A letter beyond ASCII as its code point, so that different names never share an id.
fn fold(c: char) -> Vec<char> {
    format!("~{:x}", c as u32).chars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parsed_back() {
        let name = TRANSCRIPT.format(["demo", "c01", "2"]);
        assert_eq!(name, "workspaces/demo/calls/c01/transcripts/2");
        assert_eq!(TRANSCRIPT.parse(&name).unwrap(), ["demo", "c01", "2"]);
    }

    #[test]
    fn other_forms_and_strange_ids_are_refused() {
        for name in
            ["", "workspaces/demo", "workspaces/demo/calls/", "workspaces/demo/calls/a b", "workspaces/demo/calls/c/x"]
        {
            assert!(CALL.parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_slug_is_a_valid_id_and_keeps_names_apart() {
        assert_eq!(slug("Priya  Raman "), "priya-raman");
        assert!(valid_id(&slug("Sorcha Ní Bhriain")));
        assert_ne!(slug("Ní"), slug("Nó"));
    }
}
