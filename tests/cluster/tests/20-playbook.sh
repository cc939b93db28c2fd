# A playbook applied with kubectl is a released revision within two seconds; applying it again changes nothing; a broken one
# shows its findings, and what was released before stays.
doc playbook
k get playbook regulated-enterprise -o json | jq '.status'
expect 'the revision is released' "$(k get playbook regulated-enterprise -o jsonpath='{.status.conditions[?(@.type=="Released")].status}')" True
revision=$(k get playbook regulated-enterprise -o jsonpath='{.status.revision}')
version=$(k get playbook regulated-enterprise -o jsonpath='{.metadata.resourceVersion}')
k apply --filename "$repository/k8s/samples/regulated-enterprise.yaml"
sleep 2
expect 'applied twice' "$(k get playbook regulated-enterprise -o jsonpath='{.metadata.resourceVersion}')" "$version"

# Reconcile latency: small documents, which learn nothing.
latencies=()
for number in $(seq 1 20); do
    from=$(date +%s%3N)
    yq -y ".metadata.name = \"latency-$number\" | .spec.document |= sub(\"id: first-steps\"; \"id: latency-$number\")" "$repository/k8s/samples/inline.yaml" | k apply --filename - >/dev/null
    until [ "$(k get playbook "latency-$number" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = True ]; do
        [ $(($(date +%s%3N) - from)) -lt 20000 ] || fail "latency-$number is not ready within 20 s"
    done
    latencies+=($(($(date +%s%3N) - from)))
done
sorted=$(printf '%s\n' "${latencies[@]}" | sort -n)
figure reconcile_p50_ms "$(sed -n 10p <<<"$sorted")"
figure reconcile_p95_ms "$(sed -n 19p <<<"$sorted")"
[ "$(sed -n 19p <<<"$sorted")" -le 2000 ] || fail "p95 of the reconciles is over two seconds: $sorted"

# Broken: the findings are told, the release stays.
k patch playbook latency-1 --type=json -p '[{"op":"replace","path":"/spec/document","value":"id: latency-1\ntitle: Broken\nbehaviours: []\n"}]'
k wait --for=condition=LintFailed playbook/latency-1 --timeout=20s
k describe playbook latency-1 | tee "$work/described"
grep -q behaviours "$work/described" || fail 'kubectl describe does not name the unknown key'
expect 'what is released' "$(k get playbook latency-1 -o jsonpath='{.status.releasedRevision}')" 1
expect 'the good one meanwhile' "$(k get playbook regulated-enterprise -o jsonpath='{.status.revision}')" "$revision"

# The leader is killed while a resource is on its way: another finishes it.
k patch playbook latency-2 --type=merge -p '{"spec":{"release":false}}'
k delete pod -l app.kubernetes.io/name=operator --grace-period=0 --force
k patch playbook latency-2 --type=merge -p '{"spec":{"release":true}}'
k wait --for=condition=Released playbook/latency-2 --timeout=60s
k rollout status deployment/throughline-operator --timeout=60s

# Gone without a trace, finalizers answered.
k delete playbook --all --timeout=60s
expect 'playbooks that are left' "$(k get playbooks -o name | wc -l)" 0
# The others of the tests need one.
k apply --filename "$repository/k8s/samples/regulated-enterprise.yaml"
k wait --for=condition=Ready playbook/regulated-enterprise --timeout=60s
