# What the API server takes and what it refuses, with which words.
refused() { # refused SENTENCE: the resource on stdin
    local answer
    if answer=$(k apply --dry-run=server --filename - 2>&1); then fail "was taken; expected: $1"; fi
    grep -qF -- "$1" <<<"$answer" || fail "refused with other words than '$1': $answer"
}
playbook() { printf 'apiVersion: throughline.io/v1alpha1\nkind: Playbook\nmetadata: {name: admission}\nspec: %s\n' "$1"; }

playbook '{workspace: demo, document: "id: a"}' | k apply --dry-run=server --filename -
playbook '{workspace: demo, documentFrom: {configMapKeyRef: {name: a, key: b}}, release: false, deletionPolicy: Withdraw}' | k apply --dry-run=server --filename -
playbook '{workspace: demo}' | refused 'exactly one of document and documentFrom'
playbook '{workspace: demo, document: a, documentFrom: {configMapKeyRef: {name: a, key: b}}}' | refused 'exactly one of document and documentFrom'
playbook '{document: a}' | refused 'spec.workspace: Required value'
playbook '{workspace: "a b", document: a}' | refused 'spec.workspace'
playbook '{workspace: demo, document: a, deletionPolicy: Shred}' | refused 'Unsupported value: "Shred"'
playbook '{workspace: demo, document: a, relase: true}' | refused 'unknown field "spec.relase"'

# The namespace takes restricted pods only; ours passed, a careless one does not.
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: careless}\nspec: {containers: [{name: a, image: a}]}\n' | refused 'violates PodSecurity "restricted:latest"'
