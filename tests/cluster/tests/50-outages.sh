# needs: node
# What the mesh stands on goes away for a while: it says so, and heals by itself.
in_rotation() { # how many addresses callers find
    k get endpointslice -l "kubernetes.io/service-name=throughline-$1" -o json | jq '[.items[].endpoints[]? | select(.conditions.ready)] | length'
}
none_in_rotation() { [ "$(in_rotation "$1")" = 0 ]; }
both_in_rotation() { [ "$(in_rotation "$1")" = 2 ]; }

# PostgreSQL, for thirty seconds: readiness tells the truth, no pod is restarted for it, and calls work again afterwards.
restarts() { k get pods -o json | jq '[.items[].status.containerStatuses[]?.restartCount] | add'; }
before=$(restarts)
stop_postgres
poll 30 none_in_rotation crm-sync
poll 30 none_in_rotation forecast
sleep 30
expect 'restarts because the database is away' "$(restarts)" "$before"
run_postgres
for service in transcription-gateway playbook-evaluator coaching-engine crm-sync forecast; do poll 60 both_in_rotation "$service"; done
timed heals_after_database_ms "$throughline" push --mesh "$work/mesh.toml" --consent verbal "$repository/samples/calls/discovery.vtt"

# The collector: calls don't notice.
kill "$collector_pid"
"$throughline" push --mesh "$work/mesh.toml" --consent verbal "$repository/samples/calls/discovery.vtt"
expect 'restarts because the collector is away' "$(restarts)" "$before"
start_collector

# A pod that hangs: out of rotation within seconds, restarted by its liveness probe, while the other answers.
pod=pod/$(k get pods -l app.kubernetes.io/name=forecast -o jsonpath='{.items[0].metadata.name}')
id=$(k get "$pod" -o jsonpath='{.status.containerStatuses[0].containerID}')
pid=$(ctr -n k8s.io task list | awk -v id="${id#containerd://}" '$1 == id { print $2 }')
start_load hang --read-only --streams 0
kill -STOP "$pid"
one_in_rotation() { [ "$(in_rotation forecast)" = 1 ]; }
poll 20 one_in_rotation
restarted() { [ "$(k get "$pod" -o jsonpath='{.status.containerStatuses[0].restartCount}')" -gt 0 ]; }
poll 120 restarted
poll 60 both_in_rotation forecast
stop_load hang
figure hang_failed_calls "$(load hang failed_calls)"
jq . "$work/load-hang.json"

# No room for recordings: it is said, nothing is stored, what needs no room goes on; with room all is well again.
head -c 1G /dev/zero >"$work/recordings/full" 2>/dev/null || true
cp "$repository/samples/calls/discovery.flac" "$work/no-room.flac"
for name in no-room no-room-needed; do
    jq --arg id "$name" '.id = $id' "$repository/samples/calls/discovery.call.json" >"$work/$name.call.json"
done
if "$throughline" push --mesh "$work/mesh.toml" --consent verbal "$work/no-room.flac" >"$work/no-room" 2>&1; then fail 'a recording was taken without room'; fi
cat "$work/no-room"
grep -q STORAGE_FULL "$work/no-room" || fail 'the answer does not name the reason'
cp "$repository/samples/calls/discovery.vtt" "$work/no-room-needed.vtt"
"$throughline" push --mesh "$work/mesh.toml" --consent verbal "$work/no-room-needed.vtt"
rm "$work/recordings/full"
"$throughline" push --mesh "$work/mesh.toml" --consent verbal "$work/no-room.flac"
