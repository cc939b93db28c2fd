# needs: node
# TLS with certificates of both sides between all services and for callers; renewed certificates are served without a restart.
tls=$work/tls
mkdir -p "$tls"
cd "$tls"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=mesh \
    -addext basicConstraints=critical,CA:true
certify() { # a secret for every service, as docs/kubernetes.md asks for them
    local service name names
    for service in transcription-gateway playbook-evaluator coaching-engine crm-sync forecast operator test; do
        name=throughline-$service
        names=$(printf 'DNS:%s,' "$name" "$name.$namespace.svc" "$name.$namespace.svc.cluster.local" "$name-api" "$name-api.$namespace.svc")
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.csr -subj "/CN=$name"
        openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -out tls.crt \
            -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=%s\n' "${names%,}")
        k create secret generic "$name-tls" --from-file=tls.crt --from-file=tls.key --from-file=ca.crt --dry-run=client -o yaml | k apply --filename -
    done
} 2>/dev/null
certify
(cd "$site" && helm upgrade throughline charts/throughline --namespace "$namespace" --values my-values.yaml --set tls.enabled=true --wait)

# Callers with a certificate, in pods and outside.
helm test throughline --namespace "$namespace" --logs
sed "s#http://#https://#; /^url/a ca_file = \"$tls/ca.crt\"\ncert_file = \"$tls/tls.crt\"\nkey_file = \"$tls/tls.key\"" "$work/mesh.toml" >"$tls/mesh.toml"
"$throughline" push --mesh "$tls/mesh.toml" --consent verbal "$repository/samples/calls/discovery.vtt"
# Callers without one, or in plain text, are not heard.
sed '/_file = .*tls\./d' "$tls/mesh.toml" >"$tls/one-sided.toml"
! "$throughline" push --mesh "$tls/one-sided.toml" --consent verbal "$repository/samples/calls/discovery.vtt" || fail 'a caller without a certificate was heard'
! "$throughline" push --mesh "$work/mesh.toml" --consent verbal "$repository/samples/calls/discovery.vtt" || fail 'a caller without TLS was heard'

# Renewed: the kubelet brings the files within a minute and a half, the services take them within seconds.
serial() { # the handshake without a certificate of ours shows theirs before it is refused
    { openssl s_client -connect "throughline-forecast.$namespace.svc.cluster.local:7405" -alpn h2 </dev/null 2>/dev/null || true; } | openssl x509 -noout -serial
}
restarts() { k get pods -o json | jq '[.items[].status.containerStatuses[]?.restartCount] | add'; }
old=$(serial)
before=$(restarts)
certify
renewed() { [ "$(serial)" != "$old" ]; }
timed certificate_renewed_ms poll 150 renewed
expect 'restarts because of renewed certificates' "$(restarts)" "$before"
"$throughline" push --mesh "$tls/mesh.toml" --consent verbal "$repository/samples/calls/discovery.vtt"
doc upgrade
