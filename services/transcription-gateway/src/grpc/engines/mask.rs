//! Which fields an update changes.

use prost_types::FieldMask;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::speech_engine::Kind;
use throughline_rpc::Violations;

/// Fields that can be changed; the kinds stand for one field, of which one is set.
const FIELDS: [&str; 9] =
    ["display_name", "embedded", "whisper", "openai", "riva", "routes", "max_concurrent", "timeout", "enabled"];

/// The fields of a mask. Without a mask, those that are set.
pub fn paths(mask: Option<&FieldMask>, given: &pb::SpeechEngine, violations: &mut Violations) -> Vec<&'static str> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if paths.iter().any(|path| path == "*") {
        let kind = kind_of(given);
        return FIELDS.into_iter().filter(|field| !is_kind(field) || kind.is_none_or(|kind| kind == *field)).collect();
    }
    if paths.is_empty() {
        return FIELDS.into_iter().filter(|field| is_set(given, field)).collect();
    }
    let mut fields = Vec::new();
    for path in paths {
        let Some(field) = FIELDS.into_iter().find(|field| field == path) else {
            violations.add("update_mask", format!("`{path}` can't be changed; see UpdateSpeechEngineRequest"));
            continue;
        };
        if is_kind(field) && kind_of(given) != Some(field) {
            violations.add("update_mask", format!("names `{field}`, which is not set in speech_engine"));
        }
        fields.push(field);
    }
    fields
}

/// `stored` with the fields of `given`.
pub fn apply(mut stored: pb::SpeechEngine, given: pb::SpeechEngine, fields: &[&str]) -> pb::SpeechEngine {
    let pb::SpeechEngine { display_name, kind, routes, max_concurrent, timeout, enabled, .. } = given;
    let has = |field: &str| fields.contains(&field);
    if has("display_name") {
        stored.display_name = display_name;
    }
    if fields.iter().any(|field| is_kind(field)) {
        stored.kind = kind;
    }
    if has("routes") {
        stored.routes = routes;
    }
    if has("max_concurrent") {
        stored.max_concurrent = max_concurrent;
    }
    if has("timeout") {
        stored.timeout = timeout;
    }
    if has("enabled") {
        stored.enabled = enabled;
    }
    stored
}

fn is_set(given: &pb::SpeechEngine, field: &str) -> bool {
    match field {
        "display_name" => !given.display_name.is_empty(),
        "routes" => !given.routes.is_empty(),
        "max_concurrent" => given.max_concurrent != 0,
        "timeout" => given.timeout.is_some(),
        "enabled" => given.enabled.is_some(),
        kind => kind_of(given) == Some(kind),
    }
}

fn is_kind(field: &str) -> bool {
    matches!(field, "embedded" | "whisper" | "openai" | "riva")
}

fn kind_of(given: &pb::SpeechEngine) -> Option<&'static str> {
    given.kind.as_ref().map(|kind| match kind {
        Kind::Embedded(_) => "embedded",
        Kind::Whisper(_) => "whisper",
        Kind::Openai(_) => "openai",
        Kind::Riva(_) => "riva",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> pb::SpeechEngine {
        let kind = Some(Kind::Whisper(pb::WhisperEngine { model: "whisper-base".to_owned() }));
        pb::SpeechEngine { kind, max_concurrent: 3, enabled: Some(false), ..Default::default() }
    }

    fn read(mask: &[&str]) -> (Vec<&'static str>, usize) {
        let mask = FieldMask { paths: mask.iter().map(|path| (*path).to_owned()).collect() };
        let mut violations = Violations::new();
        let paths = paths(Some(&mask), &engine(), &mut violations);
        (paths, violations.as_slice().len())
    }

    #[test]
    fn without_a_mask_what_is_set_changes() {
        assert_eq!(paths(None, &engine(), &mut Violations::new()), ["whisper", "max_concurrent", "enabled"]);
        assert_eq!(read(&[]).0, ["whisper", "max_concurrent", "enabled"]);
    }

    #[test]
    fn all_is_every_field_and_the_kind_that_is_set() {
        let all = ["display_name", "whisper", "routes", "max_concurrent", "timeout", "enabled"];
        assert_eq!(read(&["*"]).0, all);
    }

    #[test]
    fn a_field_that_can_not_change_and_a_kind_that_is_not_set_are_violations() {
        assert_eq!(read(&["health", "etag"]).1, 2);
        assert_eq!(read(&["riva"]).1, 1);
        assert_eq!(read(&["whisper", "routes"]), (vec!["whisper", "routes"], 0));
    }

    #[test]
    fn what_the_mask_does_not_name_stays() {
        let stored = pb::SpeechEngine { display_name: "Ours".to_owned(), max_concurrent: 9, ..Default::default() };
        let changed = apply(stored.clone(), engine(), &["enabled"]);
        assert_eq!(changed, pb::SpeechEngine { enabled: Some(false), ..stored });
    }
}
