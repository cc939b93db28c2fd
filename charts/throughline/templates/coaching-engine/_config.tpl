{{/* The configuration of coaching-engine. */}}

{{- define "throughline.coaching-engine.config" -}}
{{ include "throughline.config" . }}

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "playbook-evaluator")) }}
{{- end }}
