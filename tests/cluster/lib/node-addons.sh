# shellcheck shell=bash
# DNS and metrics, as processes on the bridge address. Sourced by `node`.

start_addons() {
    printf '.:53 {\n bind %s\n kubernetes cluster.local in-addr.arpa {\n  kubeconfig %s\n  ttl 5\n }\n ready 127.0.0.1:8181\n}\n' \
        "$bridge" "$pki/admin.kubeconfig" >"$state/Corefile"
    coredns -conf "$state/Corefile" >"$logs/coredns" 2>&1 &
    local config=$pki/admin.kubeconfig
    metrics-server --kubeconfig="$config" --authentication-kubeconfig="$config" --authorization-kubeconfig="$config" \
        --secure-port=4443 --bind-address=0.0.0.0 --tls-cert-file="$pki/metrics.crt" \
        --tls-private-key-file="$pki/metrics.key" --kubelet-insecure-tls --metric-resolution=15s \
        --kubelet-preferred-address-types=InternalIP >"$logs/metrics" 2>&1 &
    sed "s#@BRIDGE@#$bridge#" "$here/lib/addons.yaml" | kubectl apply -f - >/dev/null
    poll 30 curl -fs http://127.0.0.1:8181/ready
    poll 60 kubectl wait --for=condition=Ready node/node1 --timeout=1s
    say "$(kubectl get node node1 --no-headers)"
}
