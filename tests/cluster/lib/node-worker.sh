# shellcheck shell=bash
# containerd with the images, kubelet, kube-proxy. Sourced by `node`.

start_worker() {
    cp "$here/lib/cni.json" /etc/cni/net.d/10-bridge.conflist
    containerd -c "$here/lib/containerd.toml" >"$logs/containerd" 2>&1 &
    poll 20 ctr version
    import_images
    echo "nameserver 127.0.0.1" >"$state/resolv.conf"
    sed "s#@PKI@#$pki#; s#@STATE@#$state#; s#@BRIDGE@#$bridge#" "$here/lib/kubelet.yaml" >"$state/kubelet.yaml"
    kubelet --config="$state/kubelet.yaml" --kubeconfig="$pki/node.kubeconfig" --hostname-override=node1 \
        --node-ip="$bridge" >"$logs/kubelet" 2>&1 &
    kube-proxy --kubeconfig="$pki/admin.kubeconfig" --hostname-override=node1 --proxy-mode=nftables \
        --conntrack-max-per-core=0 --cluster-cidr=10.88.0.0/16 --healthz-bind-address=127.0.0.1:10256 \
        --metrics-bind-address=127.0.0.1:10249 >"$logs/proxy" 2>&1 &
}

# Every archive NAME@TAG.tar is known as throughline/NAME:TAG, as a registry at the site would serve it.
import_images() {
    local archive name
    for archive in "$images"/*.tar ${before:+"$before"/images/*.tar}; do
        name=$(basename "$archive" .tar)
        ctr -n k8s.io images import --base-name "docker.io/throughline/${name%@*}" "$archive" >/dev/null
        [ "${name#*@}" != before ] || continue
        # What upgrades in the tests go to: another name, so that every pod is replaced.
        ctr -n k8s.io images tag --force "docker.io/throughline/${name/@/:}" "docker.io/throughline/${name%@*}:next" >/dev/null
    done
    say "$(find "$images" ${before:+"$before/images"} -name '*.tar' | wc -l) images imported"
}
