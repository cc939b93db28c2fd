//! What the claims of a token say about its caller, whatever its issuer calls them.

use serde_json::{Map, Value};

use super::IssuerConfig;

/// The claims that are read. `workspace` is `*` for services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// Who: a person's e-mail address or a service's name.
    pub(super) subject: String,
    /// Expiry, seconds since 1970.
    pub(super) expires_at: i64,
    /// Workspace id, or `*`.
    pub(super) workspace: String,
    /// `rep`, `manager`, `enablement`, `revops`, `admin`, `service`.
    pub(super) roles: Vec<String>,
    /// The rep id of a rep, where it is not the local part of the e-mail address.
    pub(super) rep: Option<String>,
}

impl Claims {
    /// Reads the claims of an issuer's token.
    pub(super) fn read(issuer: &IssuerConfig, claims: &Map<String, Value>) -> Result<Self, String> {
        let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
        let subject = text("sub").ok_or("no claim `sub`")?.to_owned();
        // NumericDate may have a fraction.
        let exp = claims.get("exp").and_then(|exp| exp.as_i64().or_else(|| Some(exp.as_f64()? as i64)));
        let expires_at = exp.ok_or("no claim `exp`")?;
        if !issuer.services.is_empty() {
            let service = issuer.services.get(&subject).ok_or_else(|| format!("`{subject}` is no service here"))?;
            let roles = vec!["service".to_owned()];
            return Ok(Self { subject: service.clone(), expires_at, workspace: "*".to_owned(), roles, rep: None });
        }
        let workspace = find(claims, &issuer.workspace_claim).and_then(Value::as_str);
        let workspace = workspace.ok_or_else(|| format!("no text in claim `{}`", issuer.workspace_claim))?.to_owned();
        let roles = match find(claims, &issuer.roles_claim) {
            Some(Value::Array(roles)) => roles.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(roles)) => roles.split_whitespace().map(str::to_owned).collect(),
            _ => return Err(format!("no list in claim `{}`", issuer.roles_claim)),
        };
        let rep = text("rep").map(str::to_owned);
        Ok(Self { subject, expires_at, workspace, roles, rep })
    }
}

/// The claim of that name, or the one at that path.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let (outer, inner) = name.split_once('.')?;
        find(claims.get(outer)?.as_object()?, inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(issuer: &IssuerConfig, claims: Value) -> Result<Claims, String> {
        Claims::read(issuer, claims.as_object().unwrap())
    }

    #[test]
    fn claims_are_found_by_name_and_by_path() {
        let mut issuer = IssuerConfig::file("https://login.x.example", "keys.json");
        issuer.workspace_claim = "https://x.example/workspace".to_owned();
        issuer.roles_claim = "realm_access.roles".to_owned();
        let claims = serde_json::json!({
            "sub": "ana@x.example", "exp": 1.5, "https://x.example/workspace": "demo",
            "realm_access": {"roles": ["rep", 7]},
        });
        let claims = read(&issuer, claims).unwrap();
        assert_eq!((claims.workspace.as_str(), claims.roles.as_slice()), ("demo", &["rep".to_owned()][..]));
        assert_eq!(claims.expires_at, 1);
    }

    #[test]
    fn roles_may_be_words_and_must_be_there() {
        let issuer = IssuerConfig::file("https://login.x.example", "keys.json");
        let with = |roles: Value| {
            read(&issuer, serde_json::json!({"sub": "a", "exp": 1, "workspace": "demo", "roles": roles}))
        };
        assert_eq!(with("rep manager".into()).unwrap().roles, ["rep", "manager"]);
        assert!(with(Value::Null).is_err());
        assert!(read(&issuer, serde_json::json!({"sub": "a", "exp": 1, "roles": []})).is_err());
    }

    #[test]
    fn a_service_account_is_its_service_and_others_are_refused() {
        let mut issuer = IssuerConfig::file("https://kubernetes.default.svc", "keys.json");
        issuer.services.insert("system:serviceaccount:throughline:crm-sync".to_owned(), "crm-sync".to_owned());
        let claims =
            |name: &str| serde_json::json!({"sub": format!("system:serviceaccount:throughline:{name}"), "exp": 1});
        let service = read(&issuer, claims("crm-sync")).unwrap();
        assert_eq!((service.subject.as_str(), service.workspace.as_str()), ("crm-sync", "*"));
        assert_eq!(service.roles, ["service"]);
        assert!(read(&issuer, claims("default")).is_err());
    }
}
