{{/* The configuration of forecast. */}}

{{- define "throughline.forecast.config" -}}
{{ include "throughline.config" . }}

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "crm-sync" "playbook-evaluator")) }}
{{- end }}
