# needs: node
# For two minutes a pod is deleted every ten seconds, of one service after the other, while a caller sends steadily.
seconds=${THROUGHLINE_CHAOS_SECONDS:-120}
start_load chaos
end=$(($(date +%s) + seconds))
killed=0
services=(transcription-gateway playbook-evaluator coaching-engine crm-sync forecast operator)
while [ "$(date +%s)" -lt "$end" ]; do
    service=${services[killed % ${#services[@]}]}
    pod=$(k get pods -l app.kubernetes.io/name="$service" --field-selector=status.phase=Running -o name | shuf -n 1)
    k delete "$pod" --wait=false
    killed=$((killed + 1))
    sleep 10
done
poll 120 all_ready
stop_load chaos
figure chaos_failed_calls "$(load chaos failed_calls)"
figure chaos_retried_calls "$(load chaos retried_calls)"
figure chaos_calls_sent "$(load chaos calls_sent)"
figure chaos_pods_deleted "$killed"
jq . "$work/load-chaos.json"
expect 'failed calls' "$(load chaos failed_calls)" 0
expect 'live calls that broke off without a word' "$(load chaos streams_broken)" 0
expect 'calls that a watch missed' "$(load chaos watches_missed)" 0
expect 'watches that were refused' "$(load chaos watches_refused)" 0
