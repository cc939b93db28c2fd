# needs: node
# What appears in a watched volume becomes a call whose words are found, once; what lacks consent is left out.
appear() { # appear NAME FILTER: written under another name and renamed, as the docs ask for
    jq "$2" "$repository/samples/calls/negotiation.json" >"$work/exchange/calls/.$1.part"
    chmod 644 "$work/exchange/calls/.$1.part"
    mv "$work/exchange/calls/.$1.part" "$work/exchange/calls/$1.json"
}
state() { sql "SELECT state FROM transcription_gateway.import_item WHERE object_key LIKE '%$1%'" throughline; }
found() { "$throughline" search --mesh "$work/mesh.toml" --format json --call-type exchanged '' | grep -c '"call"'; }

appear agreed '.call_type = "exchanged" | .consents = [.participants[] | {participant: .id, state: "granted", method: "verbal"}]'
appear silent '.call_type = "exchanged"'
is_imported() { [ "$(state agreed)" = imported ] && [ "$(state silent)" = failed ]; }
poll 60 is_imported
poll 30 found
expect 'calls that are found' "$("$throughline" search --mesh "$work/mesh.toml" --format json --call-type exchanged '' | jq -r .call | sort -u | wc -l)" 1
