//! TranscriptionSettingsService: GetTranscriptionSettings, UpdateTranscriptionSettings.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::transcription_settings_service_server::{
    TranscriptionSettingsService, TranscriptionSettingsServiceServer,
};
use throughline_rpc::auth::principal;
use throughline_rpc::{Clock, Error, Reason, Violations, name, timestamp};
use throughline_store::{Db, Idempotent};
use tonic::{Request, Response, Status};

use super::{convert, errors};
use crate::domain::settings::{ConsentRule, MAX_TERMS, Term, TermKind, TranscriptionSettings, canonical_language};
use crate::store::settings::{self, StoredSettings};

/// Fields that `update_mask` may name.
const FIELDS: [&str; 6] =
    ["consent_rule", "retention", "redaction_kinds", "vocabulary", "default_language", "separate_voices"];

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct Settings {
    pub db: Db,
    pub clock: Clock,
}

impl Settings {
    /// The service to add to a server.
    pub fn server(self) -> TranscriptionSettingsServiceServer<Self> {
        TranscriptionSettingsServiceServer::new(self)
    }

    async fn get(
        &self,
        request: Request<pb::GetTranscriptionSettingsRequest>,
    ) -> Result<pb::TranscriptionSettings, Error> {
        let principal = principal(&request)?;
        let mut violations = Violations::new();
        let parsed = name::TRANSCRIPTION_SETTINGS.require(&mut violations, "name", &request.get_ref().name);
        violations.finish()?;
        let [workspace] = parsed.unwrap_or_default();
        principal.authorize_workspace(&workspace)?;
        Ok(settings_out(&workspace, &settings::find(self.db.conn(), &workspace).await?))
    }

    async fn update(
        &self,
        request: Request<pb::UpdateTranscriptionSettingsRequest>,
    ) -> Result<pb::TranscriptionSettings, Error> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let Change { workspace, fields, given, expected } = Change::parse(&request)?;
        principal.authorize_workspace(&workspace)?;
        let now = self.clock.now();
        let idempotent = Idempotent::new(&workspace, "UpdateTranscriptionSettings", &request.request_id, &request);
        let tx = self.db.begin().await?;
        if let Some(answer) = idempotent.replay(&tx, now).await? {
            return Ok(answer);
        }
        let before = settings::find_for_update(&tx, &workspace).await?;
        if expected.is_some_and(|expected| expected != before.version) {
            let message = "the settings were changed after they were read; read them again";
            let current = before.version.to_string();
            return Err(Error::aborted(Reason::VersionMismatch, message).with_metadata("current_version", current));
        }
        let wanted = merge(before.settings.clone(), given, &fields);
        if request.validate_only {
            return Ok(settings_out(&workspace, &StoredSettings { settings: wanted, ..before }));
        }
        let after = settings::update(&tx, &workspace, &before, wanted, principal.subject(), now).await?;
        let answer = settings_out(&workspace, &after);
        idempotent.record(&tx, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }
}

#[async_trait]
impl TranscriptionSettingsService for Settings {
    async fn get_transcription_settings(
        &self,
        request: Request<pb::GetTranscriptionSettingsRequest>,
    ) -> Result<Response<pb::TranscriptionSettings>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn update_transcription_settings(
        &self,
        request: Request<pb::UpdateTranscriptionSettingsRequest>,
    ) -> Result<Response<pb::TranscriptionSettings>, Status> {
        Ok(Response::new(self.update(request).await?))
    }
}

/// A request to change settings.
struct Change {
    workspace: String,
    /// Names out of [`FIELDS`].
    fields: BTreeSet<&'static str>,
    given: TranscriptionSettings,
    /// The version that the caller saw.
    expected: Option<i64>,
}

impl Change {
    fn parse(request: &pb::UpdateTranscriptionSettingsRequest) -> Result<Self, Error> {
        let mut violations = Violations::new();
        violations.check(request.settings.is_some(), "settings", "is required");
        let wanted = request.settings.clone().unwrap_or_default();
        let parsed = match request.settings.is_some() {
            true => name::TRANSCRIPTION_SETTINGS.require(&mut violations, "settings.name", &wanted.name),
            false => None,
        };
        let fields = fields(request.update_mask.as_ref(), &mut violations);
        let expected = match wanted.etag.as_str() {
            "" => None,
            etag => {
                let version = etag.parse().ok();
                violations.check(version.is_some(), "settings.etag", "is none that this service gives");
                version
            }
        };
        let given = settings_in(wanted, &fields, &mut violations);
        violations.finish()?;
        let [workspace] = parsed.unwrap_or_default();
        Ok(Self { workspace, fields, given, expected })
    }
}

fn fields(mask: Option<&prost_types::FieldMask>, violations: &mut Violations) -> BTreeSet<&'static str> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    violations.check(!paths.is_empty(), "update_mask", "must name at least one field");
    if matches!(paths, [all] if all == "*") {
        return BTreeSet::from(FIELDS);
    }
    let mut found = BTreeSet::new();
    for (index, path) in paths.iter().enumerate() {
        match FIELDS.into_iter().find(|field| field == path) {
            Some(field) => {
                found.insert(field);
            }
            None => violations.add(
                format!("update_mask.paths[{index}]"),
                format!("must be one of {}, or `*` alone", FIELDS.join(", ")),
            ),
        }
    }
    found
}

/// Reads the fields that are to be set; the others are left at their defaults and not looked at.
fn settings_in(
    wanted: pb::TranscriptionSettings,
    fields: &BTreeSet<&'static str>,
    violations: &mut Violations,
) -> TranscriptionSettings {
    let pb::TranscriptionSettings {
        name: _,
        consent_rule,
        retention,
        redaction_kinds,
        vocabulary,
        default_language,
        separate_voices,
        etag: _,
        update_time: _,
        updated_by: _,
    } = wanted;
    let mut read = TranscriptionSettings::default();
    if fields.contains("consent_rule") {
        read.consent_rule = consent_rule_in(consent_rule, violations);
    }
    if fields.contains("retention") {
        read.retention = retention.map(|time| {
            // What is negative is outside the bounds, which are checked with everything else.
            Duration::try_from(time).unwrap_or_default()
        });
    }
    if fields.contains("redaction_kinds") {
        read.redaction = redaction_in(&redaction_kinds, violations);
    }
    if fields.contains("vocabulary") {
        // What is past the limit is a violation already and need not be read.
        let terms = vocabulary.into_iter().take(MAX_TERMS + 1).enumerate();
        read.vocabulary = terms.map(|(index, term)| term_in(index, term, violations)).collect();
    }
    if fields.contains("default_language") {
        read.default_language = canonical_language(&default_language).unwrap_or(default_language);
    }
    if fields.contains("separate_voices") {
        read.separate_voices = separate_voices.unwrap_or(true);
    }
    violations.merge("", errors::violations("settings.", read.violations()));
    read
}

fn consent_rule_in(rule: i32, violations: &mut Violations) -> Option<ConsentRule> {
    match pb::ConsentRule::try_from(rule) {
        Ok(pb::ConsentRule::Unspecified) => None,
        Ok(pb::ConsentRule::All) => Some(ConsentRule::All),
        Ok(pb::ConsentRule::One) => Some(ConsentRule::One),
        Ok(pb::ConsentRule::None) => Some(ConsentRule::None),
        Err(_) => {
            violations.add("settings.consent_rule", "is not a known rule");
            None
        }
    }
}

fn redaction_in(kinds: &[i32], violations: &mut Violations) -> BTreeSet<crate::domain::transcript::RedactionKind> {
    let mut found = BTreeSet::new();
    for (index, kind) in kinds.iter().enumerate() {
        match pb::RedactionKind::try_from(*kind).ok().and_then(convert::redaction_kind_in) {
            Some(kind) => {
                found.insert(kind);
            }
            None => violations.add(format!("settings.redaction_kinds[{index}]"), "is not a known kind"),
        }
    }
    found
}

fn term_in(index: usize, term: pb::VocabularyTerm, violations: &mut Violations) -> Term {
    let pb::VocabularyTerm { text, sounds_like, kind } = term;
    let kind = match pb::VocabularyKind::try_from(kind) {
        Ok(pb::VocabularyKind::Unspecified | pb::VocabularyKind::Term) => TermKind::Term,
        Ok(pb::VocabularyKind::Person) => TermKind::Person,
        Ok(pb::VocabularyKind::Product) => TermKind::Product,
        Ok(pb::VocabularyKind::Company) => TermKind::Company,
        Err(_) => {
            violations.add(format!("settings.vocabulary[{index}].kind"), "is not a known kind");
            TermKind::Term
        }
    };
    Term { text, sounds_like, kind }
}

fn merge(
    before: TranscriptionSettings,
    given: TranscriptionSettings,
    fields: &BTreeSet<&'static str>,
) -> TranscriptionSettings {
    let set = |field: &str| fields.contains(field);
    TranscriptionSettings {
        consent_rule: if set("consent_rule") { given.consent_rule } else { before.consent_rule },
        retention: if set("retention") { given.retention } else { before.retention },
        redaction: if set("redaction_kinds") { given.redaction } else { before.redaction },
        vocabulary: if set("vocabulary") { given.vocabulary } else { before.vocabulary },
        default_language: if set("default_language") { given.default_language } else { before.default_language },
        separate_voices: if set("separate_voices") { given.separate_voices } else { before.separate_voices },
    }
}

fn settings_out(workspace: &str, stored: &StoredSettings) -> pb::TranscriptionSettings {
    let StoredSettings { settings, version, updated } = stored.clone();
    let TranscriptionSettings { consent_rule, retention, redaction, vocabulary, default_language, separate_voices } =
        settings;
    let rule = match consent_rule {
        None => pb::ConsentRule::Unspecified,
        Some(ConsentRule::All) => pb::ConsentRule::All,
        Some(ConsentRule::One) => pb::ConsentRule::One,
        Some(ConsentRule::None) => pb::ConsentRule::None,
    };
    let (update_time, updated_by) = updated.unzip();
    pb::TranscriptionSettings {
        name: name::TRANSCRIPTION_SETTINGS.format([workspace]),
        consent_rule: rule.into(),
        // The bounds keep it far below what the message holds.
        retention: retention.and_then(|time| prost_types::Duration::try_from(time).ok()),
        redaction_kinds: redaction.into_iter().map(|kind| convert::redaction_kind_out(kind).into()).collect(),
        vocabulary: vocabulary.into_iter().map(term_out).collect(),
        default_language,
        separate_voices: Some(separate_voices),
        etag: version.to_string(),
        update_time: update_time.map(timestamp),
        updated_by: updated_by.unwrap_or_default(),
    }
}

fn term_out(term: Term) -> pb::VocabularyTerm {
    let Term { text, sounds_like, kind } = term;
    let kind = match kind {
        TermKind::Person => pb::VocabularyKind::Person,
        TermKind::Product => pb::VocabularyKind::Product,
        TermKind::Company => pb::VocabularyKind::Company,
        TermKind::Term => pb::VocabularyKind::Term,
    };
    pb::VocabularyTerm { text, sounds_like, kind: kind.into() }
}
