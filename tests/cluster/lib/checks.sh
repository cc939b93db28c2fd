# shellcheck shell=bash
# What tests say often. Sourced by `suite`.

site=$work/site
k() { kubectl --namespace "$namespace" "$@"; }

# A folder as docs/kubernetes.md has it: a checkout (of the version to upgrade from, where there is one), my-values.yaml, the
# password.
make_site() {
    mkdir -p "$site"
    check_out "${before:-$repository}"
    cp "$values" "$site/my-values.yaml"
    [ -z "$registry" ] || yq -i -y ".image.registry = \"$registry\"" "$site/my-values.yaml"
    # The values of then; those of now come with the upgrade.
    [ -z "$before" ] || yq -y '.image.tag = "before"' "$before/tests/cluster/values.yaml" >"$site/my-values.yaml"
    [ ! -f "$work/password" ] || printf %s "$database_password" >"$site/password"
}
check_out() { ln -sfn "$1"/{charts,k8s,samples,docs} "$site/"; }

# Runs the block of docs/kubernetes.md that is fenced as `sh NAME`, so that the page can't say anything that does not work.
doc() {
    local block
    block=$(awk -v fence="\`\`\`sh $1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' "$site/docs/kubernetes.md")
    [ -n "$block" ] || fail "docs/kubernetes.md has no block $1"
    (cd "$site" && bash -euo pipefail -xc "$block")
}

figure() { # figure KEY VALUE (JSON)
    jq --arg key "$1" --argjson value "$2" '.[$key] = $value' "$figures" >"$figures.new"
    mv "$figures.new" "$figures"
}

migrations() { # those that the schemas of all services have had
    local schema sum=0
    for schema in $(sql "SELECT schemaname FROM pg_tables WHERE tablename = 'schema_migration'" throughline); do
        sum=$((sum + $(sql "SELECT count(*) FROM $schema.schema_migration" throughline)))
    done
    echo "$sum"
}

timed() { # timed KEY COMMAND...: the milliseconds that the command takes become a figure
    local key=$1 from
    shift
    from=$(date +%s%3N)
    "$@"
    figure "$key" $(($(date +%s%3N) - from))
}

expect() { # expect WHAT ACTUAL EXPECTED
    [ "$2" = "$3" ] || fail "$1: $2, expected $3"
}

ready() { k get deployment "$1" -o jsonpath='{.status.readyReplicas}'; }
all_ready() { ! k get deployments -o json | jq -e '.items[] | select((.status.readyReplicas // 0) < .spec.replicas)' >/dev/null; }

start_load() { # start_load NAME OPTION...: calls from now on, until stop_load
    "$client" load --mesh "$work/mesh.toml" "${@:2}" >"$work/load-$1.json" 2>"$work/load-$1.err" &
    load_pid=$!
    sleep 2 # some calls before anything happens
}
stop_load() { # stop_load NAME: prints what came of it
    sleep 2
    kill "$load_pid"
    wait "$load_pid" || fail "the load client failed: $(cat "$work/load-$1.err")"
    jq -c . "$work/load-$1.json"
}
load() { jq -r ".$2" "$work/load-$1.json"; }

diagnose() {
    k get all,pvc,networkpolicy -o wide
    k get events --sort-by=.lastTimestamp | tail -40
    k describe pods | tail -150
    local pod
    for pod in $(k get pods -o name); do
        echo "== $pod"
        k logs "$pod" --all-containers --tail=20
    done
}
