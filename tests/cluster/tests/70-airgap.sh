# needs: node
# The archive of an air-gapped site: exported, carried over, imported into the site's registry, installed from there alone.
# Near the end: to the kubelet the images are then those of that registry, which it asks again for pods that come later.
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:5000"}\n' "$work/registry" >"$work/registry.yaml"
docker-registry serve "$work/registry.yaml" >"$logs/registry" 2>&1 &
registry_pid=$!
trap 'kill $registry_pid' EXIT
poll 10 curl -fs http://127.0.0.1:5000/v2/

# The images as they are here, so that nothing is compiled again.
mkdir -p "$work/airgap"
"$repository/k8s/airgap/export" "$work/airgap/throughline.tar" --archives "$images"
tar xf "$work/airgap/throughline.tar" -C "$work/airgap"
bundle=$work/airgap/throughline-airgap
"$bundle/import" 127.0.0.1:5000 --plain-http
curl -fs http://127.0.0.1:5000/v2/_catalog

# A damaged archive is noticed before anything is pushed.
cp -r "$bundle" "$work/airgap/damaged"
printf x >>"$work/airgap/damaged/values-airgap.yaml"
! "$work/airgap/damaged/import" 127.0.0.1:5000 --plain-http || fail 'a damaged archive was imported'

sql 'CREATE DATABASE airgap OWNER throughline'
kubectl create namespace airgap
kubectl label namespace airgap pod-security.kubernetes.io/enforce=restricted
kubectl create secret generic throughline-database --namespace airgap --from-file=password="$site/password"
make_volume airgap-recordings airgap/throughline-recordings recordings
# pullPolicy Always: the node must not help itself with what it has.
helm install throughline "$bundle"/charts/throughline-0*.tgz --values "$bundle/values-airgap.yaml" --namespace airgap --wait \
    --set image.registry=127.0.0.1:5000,image.pullPolicy=Always,recordings.storageClass=node \
    --set database.url="postgres://throughline@$bridge:5432/airgap",database.existingSecret.name=throughline-database
helm test throughline --namespace airgap --logs
kubectl get pods --namespace airgap -o jsonpath='{range .items[*]}{.status.containerStatuses[0].image}{"\n"}{end}' | sort -u
helm uninstall throughline --namespace airgap --wait
kubectl delete namespace airgap
