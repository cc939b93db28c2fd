# Removed, nothing is left but what UPGRADING.md names, and what was there before or is somebody else's.
doc uninstall
named='configmap/kube-root-ca.crt
configmap/regulated-enterprise
lease.coordination.k8s.io/throughline-operator
persistentvolumeclaim/exchange
persistentvolumeclaim/throughline-recordings
pod/throughline-test-mesh
secret/throughline-database
secret/throughline-people
serviceaccount/default'
unnamed() {
    local kinds
    kinds=$(kubectl api-resources --namespaced --verbs=list -o name | grep -vE '^events|metrics.k8s.io' | paste -sd,)
    # Secrets of the test's certificates stand for those of a site; releases of the definitions are another chart's.
    k get "$kinds" -o name --ignore-not-found | grep -vE 'secret/(throughline-.*-tls|sh.helm.release.v1.throughline-crds)' |
        LC_ALL=C sort | LC_ALL=C comm -23 - <(LC_ALL=C sort <<<"$named")
}
deadline=$(($(date +%s) + 90))
while [ -n "$(unnamed)" ]; do
    [ "$(date +%s)" -lt "$deadline" ] || fail "left behind: $(unnamed)"
    sleep 1
done
