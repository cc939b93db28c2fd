# needs: node
# Upgrade to other images and back while a caller sends steadily, holds live calls and watches: no unary call fails, every
# live call goes on, no watch misses a call. The upgrade runs the migration job, so old and new pods stand on the new schema
# side by side; with --from that schema is another one than before.
migrations_before=$(migrations)
start_load upgrade
check_out "$repository"
cp "$values" "$site/my-values.yaml"
yq -i -y '.image.tag = "next"' "$site/my-values.yaml"
timed upgrade_ms doc upgrade
stop_load upgrade
figure upgrade_migrations $(($(migrations) - migrations_before))
[ -z "$before" ] || [ "$(migrations)" -gt "$migrations_before" ] || fail 'nothing was migrated: upgrade from an older commit'
all_ready || fail 'not all are ready after the upgrade'
k get pods -o jsonpath='{range .items[*]}{.spec.containers[0].image}{"\n"}{end}' | sort | uniq -c
expect 'pods of the version before' "$(k get pods -o json | jq '[.items[] | select(.metadata.deletionTimestamp == null) | .spec.containers[0].image | select(endswith(":next") | not) | select(test("test|migrate") | not)] | map(select(contains("throughline/throughline") | not)) | length')" 0

start_load rollback
timed rollback_ms doc rollback
stop_load rollback
yq -i -y 'del(.image)' "$site/my-values.yaml"

for run in upgrade rollback; do
    figure "${run}_failed_calls" "$(load $run failed_calls)"
    figure "${run}_retried_calls" "$(load $run retried_calls)"
    figure "${run}_calls_sent" "$(load $run calls_sent)"
    figure "${run}_streams" "$(jq -c '{opened: .streams_opened, resumed: .streams_resumed, broken: .streams_broken}' "$work/load-$run.json")"
    figure "${run}_watches" "$(jq -c '{opened: .watches_opened, resumed: .watches_resumed, broken: .watches_broken, refused: .watches_refused, missed: .watches_missed, of_calls: .calls_created}' "$work/load-$run.json")"
done
for run in upgrade rollback; do
    expect "failed calls during $run" "$(load $run failed_calls)" 0
    expect "live calls that broke off without a word during $run" "$(load $run streams_broken)" 0
    expect "watches that broke off without a word during $run" "$(load $run watches_broken)" 0
    expect "calls that a watch missed during $run" "$(load $run watches_missed)" 0
    # Only an older version may know no watches.
    [ -n "$before" ] || expect "watches that were refused during $run" "$(load $run watches_refused)" 0
done
[ "$(load upgrade streams_resumed)" -gt 0 ] || fail 'no live call was moved: nothing was tested'
