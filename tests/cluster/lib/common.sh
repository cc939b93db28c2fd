# shellcheck shell=bash
# What every script of tests/cluster shares: where things are, and how progress is told. Sourced, not run.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
repository=$(cd "$here/../.." && pwd)
kubernetes=1.36.3
cache=${XDG_CACHE_HOME:-$HOME/.cache}/throughline/cluster
servers=$cache/kubernetes-$kubernetes
images=$cache/images
# An earlier commit with its images, where `run` was told to upgrade from one.
before=${THROUGHLINE_CLUSTER_BEFORE:-}
# Of the node itself, inside its namespaces.
state=/run/node
pki=$state/pki
bridge=10.88.0.1
logs=${THROUGHLINE_CLUSTER_LOGS:-$state/logs}
export PATH="$servers:$PATH"

# Progress goes to stderr with the time since the run began, so that stdout stays a result.
: "${THROUGHLINE_CLUSTER_STARTED:=$(date +%s%3N)}"
export THROUGHLINE_CLUSTER_STARTED
say() {
    local now=$(($(date +%s%3N) - THROUGHLINE_CLUSTER_STARTED))
    printf '%4d.%03d s  %s\n' $((now / 1000)) $((now % 1000)) "$*" >&2
}

fail() {
    say "FAILED: $*"
    exit 1
}

# poll SECONDS COMMAND...: until the command passes; fails loudly at the deadline.
poll() {
    local seconds=$1 deadline
    shift
    deadline=$(($(date +%s%3N) + seconds * 1000))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s%3N)" -lt "$deadline" ] || fail "not within $seconds s: $*"
        sleep 0.2
    done
}
