//! What a Kubernetes cluster needs for the chart, and what ails an installation that is there.

use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::Finding;

/// Minor versions of Kubernetes 1: the chart needs the first, mounting the models image the second.
const LEAST_MINOR: u64 = 30;
const IMAGE_VOLUMES_MINOR: u64 = 35;
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn examine(namespace: &str) -> Vec<Finding> {
    let version = match kubectl(&["version"]).await {
        Ok(version) => version,
        Err(error) => {
            return vec![Finding::lack("cluster", error, "install kubectl, and name a cluster in KUBECONFIG")];
        }
    };
    let mut findings = versions(&version);
    findings.extend([
        definitions(kubectl(&["get", "crd"]).await),
        metrics(kubectl(&["get", "apiservice", "v1beta1.metrics.k8s.io"]).await),
        storage(kubectl(&["get", "storageclass"]).await),
    ]);
    match kubectl(&["get", "pods", "--namespace", namespace, "--selector", "app.kubernetes.io/part-of=throughline"])
        .await
    {
        Ok(pods) => findings.extend(installation(namespace, &pods)),
        Err(error) => findings.push(Finding::note("installation", error, "ask for the right to read pods there")),
    }
    findings
}

/// The answer of kubectl, or in a line why there is none.
async fn kubectl(arguments: &[&str]) -> Result<Value, String> {
    let mut command = Command::new("kubectl");
    let running = command.args(arguments).args(["--output", "json"]).kill_on_drop(true).output();
    let output = match tokio::time::timeout(PATIENCE, running).await {
        Err(_) => {
            return Err(format!("kubectl {} did not answer within {} s", arguments.join(" "), PATIENCE.as_secs()));
        }
        Ok(Err(error)) => return Err(format!("kubectl can't be run: {error}")),
        Ok(Ok(output)) => output,
    };
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(why.lines().last().unwrap_or("kubectl failed without a word").to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("kubectl {}: {error}", arguments.join(" ")))
}

fn versions(answer: &Value) -> Vec<Finding> {
    let server = answer.get("serverVersion");
    let Some(server) = server else {
        return vec![Finding::lack("cluster", "the API server does not answer", "look at KUBECONFIG and the network")];
    };
    let text = |key: &str| server.get(key).and_then(Value::as_str).unwrap_or_default();
    let minor: u64 = text("minor").trim_end_matches('+').parse().unwrap_or(0);
    let version = format!("Kubernetes {}", text("gitVersion"));
    if minor < LEAST_MINOR {
        return vec![Finding::lack("version", format!("{version} is too old"), format!("upgrade to 1.{LEAST_MINOR}"))];
    }
    let models = if minor < IMAGE_VOLUMES_MINOR {
        Finding::note("models", "images can't be mounted as volumes", "leave models.from at initContainer")
    } else {
        Finding::well("models", "images can be mounted as volumes where the runtime can: models.from: imageVolume")
    };
    vec![Finding::well("version", version), models]
}

fn definitions(answer: Result<Value, String>) -> Finding {
    const REMEDY: &str = "helm install throughline-crds charts/throughline-crds, or operator.enabled=false";
    match answer {
        Err(error) => Finding::note("definitions", error, "somebody who may read them can tell"),
        Ok(list) if names(&list).any(|name| name == "playbooks.throughline.io") => {
            Finding::well("definitions", "playbooks are a kind of resource here")
        }
        Ok(_) => Finding::lack("definitions", "the cluster knows no playbooks", REMEDY),
    }
}

fn metrics(answer: Result<Value, String>) -> Finding {
    const REMEDY: &str = "install metrics-server, or leave autoscaling.enabled off";
    let available = |service: &Value| {
        service.pointer("/status/conditions").and_then(Value::as_array).is_some_and(|conditions| {
            conditions.iter().any(|condition| {
                condition.get("type").and_then(Value::as_str) == Some("Available")
                    && condition.get("status").and_then(Value::as_str) == Some("True")
            })
        })
    };
    match answer {
        Ok(service) if available(&service) => Finding::well("metrics", "CPU and memory of pods are measured"),
        Ok(_) => Finding::note("metrics", "what measures pods does not answer", REMEDY),
        Err(_) => Finding::note("metrics", "nobody measures pods, so they can't be scaled by load", REMEDY),
    }
}

fn storage(answer: Result<Value, String>) -> Finding {
    const REMEDY: &str = "name a claim in recordings.existingClaim, or a class in recordings.storageClass";
    match answer {
        Err(error) => Finding::note("storage", error, REMEDY),
        Ok(list) => {
            let default = items(&list).find(|class| {
                let mark = class.pointer("/metadata/annotations/storageclass.kubernetes.io~1is-default-class");
                mark.and_then(Value::as_str) == Some("true")
            });
            match default.and_then(name) {
                Some(class) => Finding::well(
                    "storage",
                    format!("recordings go to class {class} (several gateways need ReadWriteMany of it)"),
                ),
                None => Finding::note("storage", "there is no default storage class", REMEDY),
            }
        }
    }
}

/// What ails the pods of an installation.
fn installation(namespace: &str, pods: &Value) -> Vec<Finding> {
    if items(pods).next().is_none() {
        return vec![Finding::note(
            "installation",
            format!("there is none in namespace {namespace}"),
            "docs/kubernetes.md",
        )];
    }
    let ailing: Vec<Finding> = items(pods).filter_map(ailment).collect();
    if ailing.is_empty() { vec![Finding::well("installation", "all pods are ready")] } else { ailing }
}

fn ailment(pod: &Value) -> Option<Finding> {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let pod_name = name(pod)?;
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let condition = |kind: &str| conditions.iter().find(|condition| text(condition, "/type") == kind);
    if text(pod, "/status/phase") == "Succeeded" || condition("Ready").is_some_and(|it| text(it, "/status") == "True") {
        return None;
    }
    if let Some(unplaced) = condition("PodScheduled").filter(|it| text(it, "/status") == "False") {
        let what = format!("{pod_name} has no place: {}", text(unplaced, "/message"));
        return Some(Finding::lack(
            "pod",
            what,
            "give it what no node has, or ask for less (resources, topologySpread)",
        ));
    }
    let containers = ["/status/initContainerStatuses", "/status/containerStatuses"];
    let waiting = containers.iter().filter_map(|path| pod.pointer(path).and_then(Value::as_array)).flatten();
    let reason = waiting.map(|status| text(status, "/state/waiting/reason")).find(|reason| !reason.is_empty());
    let remedy = match reason.as_deref() {
        Some("ImagePullBackOff" | "ErrImagePull") => "look at image.registry and image.pullSecrets".to_owned(),
        Some("CrashLoopBackOff") => format!("kubectl logs {pod_name} --previous says why it ends"),
        Some("CreateContainerConfigError") => {
            format!("kubectl describe pod {pod_name} names the secret that is missing")
        }
        _ => {
            format!("kubectl logs {pod_name}: it says what it waits for, mostly the database or the keys of an issuer")
        }
    };
    Some(Finding::lack(
        "pod",
        format!("{pod_name} is not ready: {}", reason.unwrap_or_else(|| "running".to_owned())),
        remedy,
    ))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.get("items").and_then(Value::as_array).into_iter().flatten()
}

fn name(item: &Value) -> Option<&str> {
    item.pointer("/metadata/name").and_then(Value::as_str)
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    items(list).filter_map(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Weight;
    use super::*;

    #[test]
    fn an_old_cluster_is_told_what_to_upgrade_to() {
        let old = versions(&json!({"serverVersion": {"minor": "29+", "gitVersion": "v1.29.1"}}));
        assert!(
            matches!(old.as_slice(), [finding] if finding.weight == Weight::Lack && finding.remedy.contains("1.30"))
        );
        let new = versions(&json!({"serverVersion": {"minor": "36", "gitVersion": "v1.36.3"}}));
        assert!(new.iter().all(|finding| finding.weight == Weight::Well));
    }

    #[test]
    fn a_pod_that_crashes_names_the_command_that_says_why() {
        let pods = json!({"items": [
            {"metadata": {"name": "ready"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            {"metadata": {"name": "done"}, "status": {"phase": "Succeeded"}},
            {"metadata": {"name": "broken"}, "status": {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}},
        ]});
        let found = installation("throughline", &pods);
        assert!(
            matches!(found.as_slice(), [finding] if finding.remedy.contains("kubectl logs broken --previous")),
            "{found:?}"
        );
        assert_eq!(installation("x", &json!({"items": []}))[0].weight, Weight::Note);
    }

    #[test]
    fn missing_definitions_are_a_lack_and_unreadable_ones_a_note() {
        assert_eq!(definitions(Ok(json!({"items": []}))).weight, Weight::Lack);
        assert_eq!(definitions(Err("forbidden".to_owned())).weight, Weight::Note);
        let there = json!({"items": [{"metadata": {"name": "playbooks.throughline.io"}}]});
        assert_eq!(definitions(Ok(there)).weight, Weight::Well);
    }
}
