//! The definition of the custom resource, and the chart that is made of it.

use kube::CustomResourceExt as _;
use operator::crds;
use operator::playbook::{DeletionPolicy, Playbook};
use operator::speech_engine::SpeechEngine;
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{bare, inline};

fn definition() -> Value {
    serde_json::to_value(Playbook::crd()).unwrap()
}

#[rstest]
#[case("playbooks", include_str!("../../../../charts/throughline-crds/templates/playbooks.yaml"))]
#[case("speechengines", include_str!("../../../../charts/throughline-crds/templates/speechengines.yaml"))]
fn the_chart_has_the_definitions_of_these_types(#[case] plural: &str, #[case] chart: &str) {
    let fresh = crds::chart(plural).unwrap();
    let command = format!("cargo run -p operator -- crds --chart {plural}");
    assert!(chart == fresh, "generate it again: {command} > charts/throughline-crds/templates/{plural}.yaml");
    assert!(fresh.contains("  {{- if .Values.keep }}\n"));
}

#[test]
fn a_definition_that_is_not_there_is_told_with_those_that_are() {
    assert_eq!(crds::chart("calls").unwrap_err().to_string(), "there are playbooks, speechengines, no calls");
}

#[test]
fn the_yaml_reads_back_as_the_definitions() {
    let yaml = crds::yaml().unwrap();
    let read: Vec<Value> = serde_saphyr::from_multiple(&yaml).unwrap();
    let expected: Vec<Value> =
        crds::all().iter().map(|(definition, _)| serde_json::to_value(definition).unwrap()).collect();
    assert_eq!(read, expected);
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
    for (definition, _) in crds::all() {
        let definition = serde_json::to_value(definition).unwrap();
        let properties = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
        walk("spec", &properties["spec"]);
        walk("status", &properties["status"]);
    }
    let definition = definition();
    let properties = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
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

#[test]
fn an_engine_has_columns_and_defaults_as_documented() {
    let definition = serde_json::to_value(SpeechEngine::crd()).unwrap();
    assert_eq!(definition["spec"]["names"]["shortNames"], json!(["speech"]));
    let version = &definition["spec"]["versions"][0];
    let columns: Vec<&str> =
        version["additionalPrinterColumns"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(columns, ["Kind", "Health", "Ready", "Reason", "Age"]);
    let spec = &version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    assert_eq!((&spec["enabled"]["default"], &spec["maxConcurrent"]["default"]), (&json!(true), &json!(4)));
    assert_eq!(spec["deletionPolicy"]["enum"], json!(["Delete", "Retain"]));
    assert_eq!(spec["routes"]["items"]["properties"]["modes"]["items"]["enum"], json!(["Live", "Batch"]));
}
