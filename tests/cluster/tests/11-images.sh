# needs: node
# What a node keeps of each image, unpacked: 40 MB for a static one, 80 MB for those that load ONNX Runtime. Models are what
# they are. And what the runtime was told of it.
figure image_mb_by_name "$(cat "$images/megabytes.json")"
figure image_mb "$(jq '[to_entries[] | select(.key != "models") | .value] | max' "$images/megabytes.json")"
too_large=$(jq -r 'to_entries[] | (if (.key | test("engine|sync|forecast|operator")) then 40 else 80 end) as $most
    | select(.key != "models" and .value > $most) | "\(.key) has \(.value) MB, at most \($most)"' "$images/megabytes.json")

for name in transcription-gateway playbook-evaluator coaching-engine crm-sync forecast operator throughline models; do
    config=$(skopeo inspect --config "oci-archive:$(echo "$images/$name@"*.tar)")
    expect "$name: user" "$(jq -r .config.User <<<"$config")" 65532:65532
    expect "$name: title" "$(jq -r '.config.Labels["org.opencontainers.image.title"]' <<<"$config")" "$name"
    jq -e '.config.Labels["org.opencontainers.image.version"]' <<<"$config"
done
[ -z "$too_large" ] || fail "$too_large"
