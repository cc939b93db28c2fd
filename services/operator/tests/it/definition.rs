//! The definition of the custom resource, and the chart that is made of it.

use kube::CustomResourceExt as _;
use operator::crds;
use operator::playbook::{DeletionPolicy, Playbook};
use serde_json::{Value, json};

use crate::world::{bare, inline};

fn definition() -> Value {
    serde_json::to_value(Playbook::crd()).unwrap()
}

#[test]
fn the_chart_has_the_definition_of_these_types() {
    let chart = include_str!("../../../../charts/throughline-crds/templates/playbooks.yaml");
    let fresh = crds::chart().unwrap();
    assert!(
        chart == fresh,
        "generate it again: cargo run -p operator -- crds --chart > charts/throughline-crds/templates/playbooks.yaml"
    );
    assert!(fresh.contains("  {{- if .Values.keep }}\n"));
}

#[test]
fn the_yaml_reads_back_as_the_definition() {
    let read: Value = serde_saphyr::from_str(&crds::yaml().unwrap()).unwrap();
    assert_eq!(read, definition());
}

#[test]
fn names_columns_and_status_are_as_documented() {
    let definition = definition();
    let names = &definition["spec"]["names"];
    assert_eq!(names["shortNames"], json!(["pb"]));
    assert_eq!(names["categories"], json!(["throughline"]));
    assert_eq!(definition["spec"]["scope"], "Namespaced");
    let version = &definition["spec"]["versions"][0];
    let columns: Vec<&str> =
        version["additionalPrinterColumns"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(columns, ["Playbook", "Revision", "Released", "Ready", "Reason", "Age"]);
    assert_eq!(version["subresources"], json!({ "status": {} }));
}

#[test]
fn the_schema_is_structural_and_described() {
    fn walk(path: &str, schema: &Value) {
        for keyword in ["$ref", "definitions", "oneOf", "anyOf", "allOf"] {
            assert!(schema[keyword].is_null(), "{path} has {keyword}: {schema}");
        }
        assert!(schema["type"].is_string(), "{path} has no type: {schema}");
        let described = path.ends_with("[]") || schema["description"].as_str().is_some_and(|text| !text.is_empty());
        assert!(described, "{path} has no description");
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(&format!("{path}.{name}"), property);
        }
        if schema["items"].is_object() {
            walk(&format!("{path}[]"), &schema["items"]);
        }
    }
    let definition = definition();
    let properties = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    walk("spec", &properties["spec"]);
    walk("status", &properties["status"]);
    let spec = &properties["spec"]["properties"];
    assert_eq!(spec["release"]["default"], true);
    assert_eq!(spec["deletionPolicy"]["enum"], json!(["Retain", "Withdraw"]));
    let conditions = &properties["status"]["properties"]["conditions"];
    assert_eq!(conditions["x-kubernetes-list-map-keys"], json!(["type"]));
}

#[test]
fn what_is_left_out_has_defaults() {
    let playbook = bare(inline("id: p"));
    assert!(playbook.spec.release);
    assert_eq!(playbook.spec.deletion_policy, DeletionPolicy::Retain);
}
