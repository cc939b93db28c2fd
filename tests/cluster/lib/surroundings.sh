# shellcheck shell=bash
# What stands around an installation: PostgreSQL outside the cluster, an issuer of people's tokens, an OTLP collector, a volume
# for recordings. Sourced by tests inside the node.

namespace=throughline
work=$state/surroundings
database_password=outside

# A server of its own on the node's bridge address, as an on-premises database stands outside the cluster.
start_postgres() {
    local bin data=$work/postgres
    bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)
    mkdir -p "$data" && chown postgres "$data"
    echo "$database_password" >"$work/password" && chmod 644 "$work/password"
    as_postgres "$bin/initdb" --pgdata "$data" --auth scram-sha-256 --username postgres --pwfile "$work/password" >/dev/null
    {
        echo "listen_addresses = '$bridge'"
        echo "unix_socket_directories = '$work'"
        echo 'max_connections = 300'
        echo 'fsync = off' # of a test
    } >>"$data/postgresql.conf"
    echo 'host all all 10.88.0.0/16 scram-sha-256' >>"$data/pg_hba.conf"
    chmod 1777 "$work"
    postgres_server=("$bin/postgres" -D "$data")
    run_postgres
    sql "CREATE ROLE throughline LOGIN PASSWORD '$database_password'"
    sql 'CREATE DATABASE throughline OWNER throughline'
    say 'PostgreSQL is ready'
}
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
run_postgres() {
    as_postgres "${postgres_server[@]}" >>"$logs/postgres" 2>&1 &
    poll 20 sql 'SELECT 1'
}
# At once, as a failure is: connections are cut.
stop_postgres() { kill -INT "$(head -1 "$work/postgres/postmaster.pid")"; }
sql() { PGPASSWORD=$database_password psql -qAt -h "$bridge" -U postgres "${2:-postgres}" -c "$1"; }

# People's tokens: RS256 by openssl, as any identity provider signs them.
start_issuer() {
    openssl genrsa -out "$work/issuer.key" 2048 2>/dev/null
    local modulus
    modulus=$(openssl rsa -in "$work/issuer.key" -noout -modulus | cut -d= -f2 | xxd -r -p | base64url)
    printf '{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"test","n":"%s","e":"AQAB"}]}' "$modulus" >"$work/jwks.json"
    token admin@example.com admin demo >"$work/token"
}
base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
token() { # token SUBJECT ROLE WORKSPACE
    local now head body
    now=$(date +%s)
    head=$(printf '{"alg":"RS256","kid":"test","typ":"JWT"}' | base64url)
    body=$(printf '{"iss":"https://login.example.com","aud":"throughline","sub":"%s","roles":["%s"],"workspace":"%s","iat":%d,"exp":%d}' \
        "$1" "$2" "$3" "$now" $((now + 36000)) | base64url)
    printf '%s.%s.%s' "$head" "$body" "$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -sign "$work/issuer.key" | base64url)"
}

# Where callers outside the mesh find it: the headless services, which resolve on the node as in pods.
write_mesh() {
    {
        printf 'workspace = "demo"\ntoken_file = "%s"\n' "$work/token"
        local service port
        while read -r service port; do
            printf '[peers.%s]\nurl = "http://throughline-%s.%s.svc.cluster.local:%s"\n' "${service//-/_}" "$service" "$namespace" "$port"
        done <<'S'
transcription-gateway 7401
playbook-evaluator 7402
coaching-engine 7403
crm-sync 7404
forecast 7405
S
    } >"$work/mesh.toml"
}

start_collector() {
    "$client" collect --listen "$bridge:4317" --out "$work/spans" >"$logs/collector" 2>&1 &
    collector_pid=$!
}

# The node has no storage class: folders of it are the volumes. That of the recordings is small enough to be filled.
make_volumes() {
    mkdir -p "$work/recordings" "$work/exchange/calls"
    mount -t tmpfs -o size=256m,mode=777 tmpfs "$work/recordings"
    make_volume recordings "$namespace/throughline-recordings" recordings
    make_volume exchange "$namespace/exchange" exchange
}
make_volume() { # make_volume NAME NAMESPACE/CLAIM FOLDER
    sed "s#@NAME@#$1#; s#@NAMESPACE@#${2%/*}#; s#@CLAIM@#${2#*/}#; s#@PATH@#$work/$3#" "$here/lib/volume.yaml" |
        kubectl apply -f - >/dev/null
}

surround() {
    mkdir -p "$work"
    start_postgres
    start_issuer
    write_mesh
    start_collector
    make_volumes
}
