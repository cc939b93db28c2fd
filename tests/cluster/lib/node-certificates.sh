# shellcheck shell=bash
# The node's certificate authority, certificates and kubeconfigs. Sourced by `node`.

make_certificates() {
    cd "$pki"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 \
        -subj /CN=node-ca -addext basicConstraints=critical,CA:true 2>/dev/null
    openssl genrsa -out sa.key 2048 2>/dev/null
    openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
    leaf apiserver /CN=kube-apiserver "IP:127.0.0.1,IP:10.96.0.1,IP:$bridge,DNS:localhost,DNS:kubernetes.default.svc"
    leaf admin /O=system:masters/CN=admin
    leaf manager /CN=system:kube-controller-manager
    leaf scheduler /CN=system:kube-scheduler
    leaf node /O=system:nodes/CN=system:node:node1 "DNS:node1,IP:$bridge"
    leaf front /CN=front-proxy
    leaf metrics /CN=metrics-server "IP:$bridge"
    local user
    for user in admin manager scheduler node; do kubeconfig "$user"; done
    cd "$repository"
}

leaf() { # leaf NAME SUBJECT [NAMES]
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out "$1.crt" -extfile <(
        printf 'extendedKeyUsage=serverAuth,clientAuth\n%s\n' "${3:+subjectAltName=$3}"
    ) 2>/dev/null
}

kubeconfig() {
    KUBECONFIG=$1.kubeconfig
    export KUBECONFIG
    kubectl config set-cluster node --server "https://$bridge:6443" --certificate-authority ca.crt --embed-certs
    kubectl config set-credentials "$1" --client-certificate "$1.crt" --client-key "$1.key" --embed-certs
    kubectl config set-context node --cluster node --user "$1"
    kubectl config use-context node
} >/dev/null
