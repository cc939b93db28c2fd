#!/usr/bin/env python3
"""Checks of rendered manifests that need more than a difference:   checks.py CHECK FILE..."""

import json
import pathlib
import re
import sys
import tomllib

import yaml

GROUPS_OF_OTHERS = ("monitoring.coreos.com", "cert-manager.io", "throughline.io")


def documents(path):
    return [document for document in yaml.safe_load_all(pathlib.Path(path).read_text()) if document]


def seconds(text):
    number, unit = text[:-1], text[-1]
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def pod_specs(path):
    for document in documents(path):
        if document["kind"] == "Pod":
            yield document["metadata"]["name"], document["spec"]
        elif document["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def builtin(path):
    """Prints the documents of Kubernetes' own kinds."""
    own = [d for d in documents(path) if not d["apiVersion"].startswith(GROUPS_OF_OTHERS)]
    yaml.safe_dump_all(own, sys.stdout)


def grace(path):
    """A pod is never killed while it still drains: notice, calls, workers, and some time for the last telemetry."""
    configs = {d["metadata"]["name"]: d["data"] for d in documents(path) if d["kind"] == "ConfigMap"}
    checked = 0
    for document in documents(path):
        if document["kind"] != "Deployment":
            continue
        name = document["metadata"]["name"]
        (text,) = configs[name].values()
        server = tomllib.loads(text)["server"]
        drain = seconds(server["drain_deadline"])
        needed = drain if name.endswith("-operator") else seconds(server["drain_notice"]) + 2 * drain
        given = document["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert given > needed, f"{name}: {given} s of grace, the drain may take {needed} s and the flush comes after it"
        checked += 1
    assert checked >= 5, f"{checked} deployments"


def probed(path):
    """Every service says when it lives and when it is ready, over gRPC."""
    for document in documents(path):
        if document["kind"] == "Deployment":
            (container,) = document["spec"]["template"]["spec"]["containers"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                assert container[probe]["grpc"]["port"] == 7480, (document["metadata"]["name"], probe)


def restricted(path):
    """Pod security `restricted`, and more: no writable root, no token that is not asked for."""
    for name, spec in pod_specs(path):
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True and security["seccompProfile"]["type"] == "RuntimeDefault", name
        assert spec["automountServiceAccountToken"] is False, name
        for container in spec["containers"] + spec.get("initContainers", []):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False and own["readOnlyRootFilesystem"] is True, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name


def operator_role(path, written):
    """The operator has the rights that it was tested with, and no others; the Lease by name."""
    expected = {}
    for rule in yaml.safe_load(pathlib.Path(written).read_text())["rules"]:
        for resource in rule["resources"]:
            expected[resource] = sorted(rule["verbs"])
    given = {}
    for document in documents(path):
        if document["kind"] == "Role":
            for rule in document["rules"]:
                for resource in rule["resources"]:
                    given[resource] = sorted(set(given.get(resource, [])) | set(rule["verbs"]))
    assert given == expected, f"given {given}, expected {expected}"


def alerts(path, pages):
    """Every alert has a page, every page an alert, and both the same name."""
    rules = [rule for group in yaml.safe_load(pathlib.Path(path).read_text())["groups"] for rule in group["rules"]]
    for rule in rules:
        assert rule["annotations"]["runbook_url"] == f"@RUNBOOKS@/{rule['alert']}.md", rule["alert"]
    named = {rule["alert"] for rule in rules}
    written = {page.stem for page in pathlib.Path(pages).glob("*.md")}
    assert named == written, named ^ written


def dashboards(*paths):
    """Panels have ids of their own, and every query a data source that can be chosen."""
    for path in paths:
        board = json.loads(pathlib.Path(path).read_text())
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids)), path
        for panel in board["panels"]:
            assert panel["datasource"]["uid"] == "${datasource}" and panel["targets"], (path, panel["title"])


def series(sources, rules, *boards):
    """Every series of ours that an alert or a dashboard asks for has an instrument in the code, under Prometheus' name of it."""
    made = set()
    for path in pathlib.Path(sources).glob("**/src/**/*.rs"):
        instrument = r'\.[uif]64_(?:observable_)?(counter|gauge|histogram)\(\s*"(throughline\.[a-z_.]+)"'
        for kind, name in re.findall(instrument, path.read_text()):
            made.add((kind, name.replace(".", "_")))
    asked = [rule["expr"] for group in yaml.safe_load(pathlib.Path(rules).read_text())["groups"] for rule in group["rules"]]
    for board in boards:
        asked += [target["expr"] for panel in json.loads(pathlib.Path(board).read_text())["panels"] for target in panel["targets"]]
    endings = {"counter": r"_total", "gauge": "", "histogram": r"_(bucket|count|sum)"}
    for name in sorted({name for expr in asked for name in re.findall(r"\bthroughline_[a-z_]+", expr)}):
        # The unit stands before the ending.
        assert any(re.fullmatch(f"{own}(_seconds)?{endings[kind]}", name) for kind, own in made), f"nothing measures {name}"


CHECKS = (builtin, grace, probed, restricted, operator_role, alerts, dashboards, series)
{check.__name__: check for check in CHECKS}[sys.argv[1]](*sys.argv[2:])
