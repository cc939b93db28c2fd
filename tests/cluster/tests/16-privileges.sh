# Each service account can do what it needs; what it must not do is tried, and refused.
can() { kubectl auth can-i --quiet --namespace "$namespace" "${@:2}" --as "system:serviceaccount:$namespace:throughline-$1"; }
may() { can "$@" || fail "$* is refused and must not be"; }
may_not() { ! can "$@" || fail "$* is allowed and must not be"; }

for service in transcription-gateway playbook-evaluator coaching-engine crm-sync forecast test; do
    for resource in secrets configmaps pods playbooks.throughline.io serviceaccounts; do
        for verb in get list create delete; do may_not "$service" "$verb" "$resource"; done
    done
    may_not "$service" create pods --subresource=exec
    # All that the token is for: the keys of the cluster's issuer.
    may "$service" get /openid/v1/jwks
done
may operator get playbooks.throughline.io
may operator patch playbooks.throughline.io/status
may operator create leases.coordination.k8s.io
may operator get configmaps
for resource in secrets pods deployments.apps serviceaccounts roles.rbac.authorization.k8s.io; do
    for verb in get list create delete; do may_not operator "$verb" "$resource"; done
done
may_not operator create playbooks.throughline.io
may_not operator delete playbooks.throughline.io
may_not operator get leases.coordination.k8s.io/another
! kubectl auth can-i --quiet get configmaps --namespace kube-system --as "system:serviceaccount:$namespace:throughline-operator" ||
    fail 'the operator reads another namespace'

# As the kernel sees the processes: no capability, no way to get one, no writable root, no token that was not asked for.
for pod in $(k get pods -l app.kubernetes.io/part-of=throughline --field-selector=status.phase=Running -o name); do
    service=$(k get "$pod" -o jsonpath='{.metadata.labels.app\.kubernetes\.io/name}')
    if [ "$foreign" = no ]; then
        id=$(k get "$pod" -o jsonpath='{.status.containerStatuses[0].containerID}')
        pid=$(ctr -n k8s.io task list | awk -v id="${id#containerd://}" '$1 == id { print $2 }')
        expect "$pod: user" "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" 65532
        expect "$pod: effective capabilities" "$(awk '/^CapEff:/ { print $2 }' "/proc/$pid/status")" 0000000000000000
        expect "$pod: capabilities it could get" "$(awk '/^CapBnd:/ { print $2 }' "/proc/$pid/status")" 0000000000000000
        expect "$pod: no new privileges" "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$pid/status")" 1
        expect "$pod: filter of system calls" "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")" 2
        awk '$2 == "/" && $4 ~ /(^|,)ro(,|$)/ { found = 1 } END { exit !found }' "/proc/$pid/mounts" || fail "$pod: its root can be written"
        token=no
        [ ! -e "/proc/$pid/root/var/run/secrets/kubernetes.io/serviceaccount/token" ] || token=yes
        expect "$pod: a token as itself" "$token" "$([ "$service" = operator ] && echo yes || echo no)"
    fi
done
