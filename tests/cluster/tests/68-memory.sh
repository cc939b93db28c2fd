# needs: node
# What a replica of each service needs, idle and under load, as the kernel counts it.
pods() { # those that stay: name of the service and container
    k get pods -l app.kubernetes.io/part-of=throughline -o json | jq -r '.items[]
        | select(.metadata.deletionTimestamp == null and .status.phase == "Running" and (.metadata.name | test("-test") | not))
        | "\(.metadata.labels["app.kubernetes.io/name"]) \(.status.containerStatuses[0].containerID)"'
}
memory() { # by service, MB, the largest replica
    local name id pid
    pods | while read -r name id; do
        pid=$(ctr -n k8s.io task list | awk -v id="${id#containerd://}" '$1 == id { print $2 }')
        echo "$name $(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")"
    done | sort -k2n | jq -Rn '[inputs | split(" ") | {(.[0]): ((.[1] | tonumber) / 1024 | floor)}] | add'
}
start_load memory --rate 100
sleep 15
figure loaded_mb_by_service "$(memory)"
stop_load memory
k rollout restart deployment
poll 120 all_ready
k rollout status deployment --timeout=120s
sleep 5
figure idle_mb_by_service "$(memory)"
figure idle_rss_mb "$(jq '[.idle_mb_by_service[]] | add' "$figures")"
