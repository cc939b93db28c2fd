{{/* The configuration of crm-sync. */}}

{{- define "throughline.crm-sync.config" -}}
{{ include "throughline.config" . }}

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "playbook-evaluator" "forecast")) }}
{{- end }}
