# The page's commands on an empty cluster: two replicas of each service, the operator, PostgreSQL outside.
doc prepare
# The API server refuses every pod that is not restricted.
kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted
if [ "$foreign" = no ]; then
    k create secret generic throughline-people --from-file=jwks.json="$work/jwks.json"
    k apply -f "$here/lib/exchange.yaml"
fi
timed install_ms doc install
figure install_s "$(jq '.install_ms / 1000' "$figures")"
figure installed_after_s $((($(date +%s%3N) - THROUGHLINE_CLUSTER_STARTED) / 1000))
all_ready || fail 'helm --wait came back before all were ready'
k get pods -o wide

# How long a pod takes from its start to ready, and what an idle one needs.
ready_ms=$(k get pods -l app.kubernetes.io/part-of=throughline -o json | jq '[.items[]
    | select(.metadata.labels["app.kubernetes.io/name"] | test("gateway|evaluator|engine|sync|forecast"))
    | ((.status.conditions[] | select(.type == "Ready") | .lastTransitionTime | fromdate)
       - (.status.containerStatuses[0].state.running.startedAt | fromdate)) * 1000] | max')
figure ready_ms "$ready_ms"
