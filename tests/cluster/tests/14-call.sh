# needs: node
# A recording uploaded from outside the cluster becomes a forecast, and one trace covers all pods on its way.
"$throughline" push --mesh "$work/mesh.toml" --consent verbal --format json --otlp "http://$bridge:4317" \
    "$repository/samples/calls/discovery.flac" | tee "$work/pushed.json"
expect 'a forecast' "$(jq -r .forecasted "$work/pushed.json")" true
trace=$(jq -r .trace_id "$work/pushed.json")
figure call_ms "$(jq .ms "$work/pushed.json")"

covers() {
    local services
    services=$(jq -r --arg trace "$trace" 'select(.trace_id == $trace) | .service' "$work/spans" | sort -u | tr '\n' ' ')
    [ "$services" = 'coaching-engine crm-sync forecast playbook-evaluator throughline transcription-gateway ' ]
}
poll 30 covers
jq -r --arg trace "$trace" 'select(.trace_id == $trace) | "\(.service) \(.name)"' "$work/spans" | sort | uniq -c
