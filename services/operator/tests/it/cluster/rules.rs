//! What the API server refuses by the rules of the definition.

use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use kube::{Api, Resource};
use operator::playbook::Playbook;
use operator::speech_engine::SpeechEngine;
use serde_json::{Value, json};

use super::server::Server;

fn object<K: Resource<DynamicType = ()>>(spec: &Value) -> DynamicObject {
    let written = json!({ "apiVersion": K::api_version(&()), "kind": K::kind(&()),
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
        let refused =
            playbooks.create(&PostParams::default(), &object::<Playbook>(&spec)).await.unwrap_err().to_string();
        let shown: String = refused.chars().take(400).collect();
        assert!(refused.contains(expected), "{expected} is not in {shown}");
    }
    let largest = json!({ "workspace": "demo", "document": "x".repeat(524_288) });
    playbooks.create(&PostParams::default(), &object::<Playbook>(&largest)).await.unwrap();
    let good = json!({ "workspace": "demo", "documentFrom": source });
    let created = playbooks.create(&PostParams::default(), &object::<Playbook>(&good)).await.unwrap();
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

pub async fn bad_engines_are_refused(server: &Server) {
    let engines: Api<DynamicObject> =
        Api::namespaced_with(server.admin("rules").await, "rules", &ApiResource::erase::<SpeechEngine>(&()));
    let openai = json!({ "baseUrl": "https://speech.example/v1", "model": "whisper-1" });
    let one_of = "exactly one of embedded, whisper, openai and riva";
    let bad = [
        (json!({ "workspace": "demo" }), one_of),
        (json!({ "workspace": "demo", "embedded": {}, "openai": openai }), one_of),
        (json!({ "embedded": {} }), "spec.workspace: Required"),
        (json!({ "workspace": "demo", "embedded": {}, "engineId": "Big" }), "spec.engineId"),
        (json!({ "workspace": "demo", "openai": { "baseUrl": "ftp://x", "model": "m" } }), "spec.openai.baseUrl"),
        (json!({ "workspace": "demo", "riva": { "address": "riva.example" } }), "spec.riva.address"),
        (json!({ "workspace": "demo", "embedded": {}, "maxConcurrent": 0 }), "spec.maxConcurrent"),
        (json!({ "workspace": "demo", "embedded": {}, "timeoutMs": 99 }), "spec.timeoutMs"),
        (json!({ "workspace": "demo", "embedded": {}, "routes": [{ "modes": ["Slow"] }] }), "modes"),
        (json!({ "workspace": "demo", "embedded": {}, "routes": [{ "priority": 1001 }] }), "priority"),
    ];
    for (spec, expected) in bad {
        let refused = engines.create(&PostParams::default(), &object::<SpeechEngine>(&spec)).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(expected), "{expected} is not in {refused}");
    }
    let good = json!({ "workspace": "demo", "openai": openai });
    let created = engines.create(&PostParams::default(), &object::<SpeechEngine>(&good)).await.unwrap();
    let spec = &created.data["spec"];
    assert_eq!((&spec["enabled"], &spec["deletionPolicy"]), (&json!(true), &json!("Delete")));
    assert_eq!((&spec["maxConcurrent"], &spec["timeoutMs"]), (&json!(4), &json!(10_000)));
    let name = created.metadata.name.unwrap();
    for (change, expected) in [
        (json!({ "workspace": "other" }), "workspace can't be changed"),
        (json!({ "engineId": "other" }), "engineId can't be changed"),
    ] {
        let patch = Patch::Merge(json!({ "spec": change }));
        let refused = engines.patch(&name, &PatchParams::default(), &patch).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}
