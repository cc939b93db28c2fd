# `throughline doctor` finds a good installation good, and names what ails a bad one.
"$throughline" doctor --cluster | tee "$work/doctor"
grep -q 'all pods are ready' "$work/doctor"
(cd "$site" && helm upgrade throughline charts/throughline --namespace "$namespace" --values my-values.yaml --set forecast.image.tag=no-such-tag)
ails() { "$throughline" doctor --cluster >"$work/doctor"; [ $? = 1 ] && grep -q 'look at image.registry' "$work/doctor"; }
poll 60 ails
cat "$work/doctor"
doc upgrade
