# needs: node
# Every series that an alert or a dashboard asks for is there, and with the labels it is asked by.
# Histograms of speech engines begin with what is recognised: the recording of `call`.
: >"$work/metrics"
for pod in $(k get pods -l app.kubernetes.io/part-of=throughline --field-selector=status.phase=Running -o name | grep -v -- -test); do
    address=$(k get "$pod" -o jsonpath='{.status.podIP}')
    curl -fsS "http://$address:7480/metrics" >>"$work/metrics" || [[ $pod = *operator* ]] || fail "$pod has no metrics"
done
{
    jq -r '.panels[].targets[].expr' "$repository"/charts/throughline/files/dashboards/*.json
    yq -r '.groups[].rules[].expr' "$repository/charts/throughline/files/alerts.yaml"
} | grep -oE '\b(rpc_server|throughline)_[a-z_]+' | sort -u >"$work/asked"
missing=()
while read -r name; do
    # Counters begin with what they count, here trouble: that the code has them tests/chart/run sees to.
    [[ $name != *_total ]] || continue
    grep -qE "^$name(\{| )" "$work/metrics" || missing+=("$name")
done <"$work/asked"
[ "${#missing[@]}" = 0 ] ||
    fail "nobody has ${missing[*]}; there are: $(grep -oE '^[a-z_]+' "$work/metrics" | sort -u | tr '\n' ' ')"
for label in rpc_method rpc_response_status_code; do
    grep -qE "^rpc_server_call_duration_seconds_count\{.*\b$label=" "$work/metrics" || fail "rpc_server_call_duration_seconds has no label $label"
done
for label in workspace engine outcome; do
    grep -qE "^throughline_speech_recognise_duration_seconds_count\{.*\b$label=" "$work/metrics" || fail "throughline_speech_recognise_duration_seconds has no label $label"
done
