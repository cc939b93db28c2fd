# needs: node
# Load makes more replicas, its end makes them go, and no call fails meanwhile.
scaling=(--set 'coachingEngine.autoscaling.enabled=true' --set 'coachingEngine.autoscaling.minReplicas=2'
    --set 'coachingEngine.autoscaling.maxReplicas=3' --set 'coachingEngine.autoscaling.targetCpu=20'
    --set 'coachingEngine.autoscaling.scaleDownSeconds=15')
(cd "$site" && helm upgrade throughline charts/throughline --namespace "$namespace" --values my-values.yaml "${scaling[@]}" --wait)
k get hpa
replicas() { k get deployment throughline-coaching-engine -o jsonpath='{.spec.replicas}'; }
more() { [ "$(replicas)" -gt 2 ]; }
fewer() { [ "$(replicas)" = 2 ]; }
start_load scaling --rate 150 --streams 0 --read-only
timed scaled_out_ms poll 180 more
k get hpa
stop_load scaling
start_load settling --rate 10 --streams 0 --read-only
timed scaled_in_ms poll 240 fewer
stop_load settling
figure scaling_failed_calls "$(($(load scaling failed_calls) + $(load settling failed_calls)))"
expect 'failed calls' "$(jq .scaling_failed_calls "$figures")" 0
doc upgrade
