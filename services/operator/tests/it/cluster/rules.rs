//! What the API server refuses by the rules of the definition.

use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use kube::{Api, Resource as _};
use operator::playbook::Playbook;
use serde_json::{Value, json};

use super::server::Server;

fn object(spec: &Value) -> DynamicObject {
    let written = json!({ "apiVersion": Playbook::api_version(&()), "kind": "Playbook",
        "metadata": { "generateName": "p-" }, "spec": spec });
    serde_json::from_value(written).unwrap()
}

pub async fn bad_resources_are_refused(server: &Server) {
    let playbooks: Api<DynamicObject> =
        Api::namespaced_with(server.admin("rules").await, "rules", &ApiResource::erase::<Playbook>(&()));
    let source = json!({ "configMapKeyRef": { "name": "books", "key": "p.yaml" } });
    // 300,000 characters are 600,000 bytes.
    let wide = "é".repeat(300_000);
    let one_of = "exactly one of document and documentFrom";
    let bad = [
        (json!({ "workspace": "demo" }), one_of),
        (json!({ "workspace": "demo", "document": "id: p", "documentFrom": source }), one_of),
        (json!({ "document": "id: p" }), "spec.workspace: Required"),
        (json!({ "workspace": "", "document": "id: p" }), "spec.workspace"),
        (json!({ "workspace": "a/b", "document": "id: p" }), "spec.workspace"),
        (json!({ "workspace": "demo", "document": "" }), "spec.document"),
        (json!({ "workspace": "demo", "document": wide }), "at most 512 KiB"),
        (json!({ "workspace": "demo", "document": "x".repeat(524_289) }), "spec.document: Too long"),
        (json!({ "workspace": "demo", "documentFrom": {} }), "configMapKeyRef: Required"),
        (json!({ "workspace": "demo", "document": "id: p", "deletionPolicy": "Delete" }), "deletionPolicy"),
    ];
    for (spec, expected) in bad {
        let refused = playbooks.create(&PostParams::default(), &object(&spec)).await.unwrap_err().to_string();
        let shown: String = refused.chars().take(400).collect();
        assert!(refused.contains(expected), "{expected} is not in {shown}");
    }
    let largest = json!({ "workspace": "demo", "document": "x".repeat(524_288) });
    playbooks.create(&PostParams::default(), &object(&largest)).await.unwrap();
    let good = json!({ "workspace": "demo", "documentFrom": source });
    let created = playbooks.create(&PostParams::default(), &object(&good)).await.unwrap();
    assert_eq!(
        (&created.data["spec"]["release"], &created.data["spec"]["deletionPolicy"]),
        (&json!(true), &json!("Retain"))
    );
    let change = |spec: Value| Patch::Merge(json!({ "spec": spec }));
    let name = created.metadata.name.unwrap();
    let moved = playbooks.patch(&name, &PatchParams::default(), &change(json!({ "workspace": "other" }))).await;
    assert!(moved.unwrap_err().to_string().contains("workspace can't be changed"));
    let inline = change(json!({ "document": "id: p", "documentFrom": null }));
    playbooks.patch(&name, &PatchParams::default(), &inline).await.unwrap();
}
