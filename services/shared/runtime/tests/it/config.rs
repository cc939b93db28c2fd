//! Layers of the configuration.

use throughline_runtime::config::{Layers, load};
use throughline_testkit::small::{Config, Small};

fn load_file(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.toml");
    std::fs::write(&path, text).unwrap();
    load::<Small>(Layers { file: Some(&path), ..Layers::default() }).map_err(|error| error.to_string())
}

#[test]
fn a_file_wins_over_the_defaults() {
    let config = load_file("[server]\ndrain_deadline = \"7s\"\n").unwrap();
    assert_eq!(config.server.drain_deadline.as_secs(), 7);
    assert_eq!(config.auth.workspaces, ["demo"]);
}

#[test]
fn an_unknown_key_is_refused_and_named() {
    let error = load_file("[server]\nlisten_on = \"127.0.0.1:1\"\n").unwrap_err();
    assert!(error.contains("listen_on") && error.contains("server"), "{error}");
}

#[test]
fn a_value_of_another_type_is_refused_with_its_path() {
    let error = load_file("[server]\nlisten = \"no address\"\n").unwrap_err();
    assert!(error.contains("server.listen"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let layers = Layers { file: Some(std::path::Path::new("/nowhere/small.toml")), ..Layers::default() };
    let error = load::<Small>(layers).unwrap_err().to_string();
    assert!(error.contains("/nowhere/small.toml"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let error = throughline_runtime::bind("small", address).await.unwrap_err();
    assert!(format!("{error:#}").contains(&address.to_string()), "{error:#}");
}

#[test]
fn issuers_are_tables_and_the_flat_keys_of_before_name_them() {
    let config = load_file(
        r#"
[auth.issuers.cluster]
issuer = "https://kubernetes.default.svc"
jwks_url = "https://kubernetes.default.svc/openid/v1/jwks"
[auth.issuers.cluster.services]
"system:serviceaccount:throughline:throughline-crm-sync" = "crm-sync"
"system:serviceaccount:throughline.Test:Forecast" = "forecast"
"#,
    )
    .unwrap();
    let services: Vec<_> = config.auth.issuers["cluster"].services.iter().collect();
    assert_eq!(services.len(), 2);
    assert!(
        config.auth.issuers["cluster"].services.contains_key("system:serviceaccount:throughline.Test:Forecast"),
        "{services:?}"
    );
    for key in ["jwks_file", "issuer"] {
        let error = load_file(&format!("[auth]\n{key} = \"x\"\n")).unwrap_err();
        assert!(error.contains("[auth.issuers.NAME]"), "{error}");
    }
}

#[test]
fn an_empty_admin_listener_is_none() {
    assert_eq!(load_file("[server]\nadmin_listen = \"\"\n").unwrap().server.admin_listen, None);
    let error = load_file("[server]\nadmin_listen = \"nowhere\"\n").unwrap_err();
    assert!(error.contains("server.admin_listen"), "{error}");
}
