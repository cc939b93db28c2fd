# shellcheck shell=bash
# etcd, API server, controller manager, scheduler. Sourced by `node`.

start_control_plane() {
    etcd --data-dir "$state/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 \
        --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 >"$logs/etcd" 2>&1 &
    poll 20 curl -fs http://127.0.0.1:2379/health
    start_api_server
    export KUBECONFIG=$pki/admin.kubeconfig
    poll 60 kubectl get --raw /readyz
    say 'the API server is ready'
    kube-controller-manager --kubeconfig="$pki/manager.kubeconfig" --root-ca-file="$pki/ca.crt" \
        --service-account-private-key-file="$pki/sa.key" --use-service-account-credentials=true \
        --bind-address=127.0.0.1 --leader-elect=false >"$logs/controller-manager" 2>&1 &
    kube-scheduler --kubeconfig="$pki/scheduler.kubeconfig" --bind-address=127.0.0.1 --leader-elect=false \
        >"$logs/scheduler" 2>&1 &
}

start_api_server() {
    local flags=(
        --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 --advertise-address="$bridge" --secure-port=6443
        --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt"
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true
        --service-cluster-ip-range=10.96.0.0/16 --cert-dir="$state"
        --service-account-issuer=https://kubernetes.default.svc
        --service-account-key-file="$pki/sa.pub" --service-account-signing-key-file="$pki/sa.key"
        --kubelet-preferred-address-types=InternalIP
        --kubelet-client-certificate="$pki/admin.crt" --kubelet-client-key="$pki/admin.key"
        # For metrics-server, which joins the API by aggregation.
        --requestheader-client-ca-file="$pki/ca.crt" --requestheader-allowed-names=front-proxy
        --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group
        --requestheader-extra-headers-prefix=X-Remote-Extra-
        --proxy-client-cert-file="$pki/front.crt" --proxy-client-key-file="$pki/front.key"
        --enable-aggregator-routing=true
    )
    kube-apiserver "${flags[@]}" >"$logs/apiserver" 2>&1 &
}
