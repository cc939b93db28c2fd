{{/* The configuration of the operator. */}}

{{- define "throughline.operator.config" -}}
[server]
admin_listen = "0.0.0.0:7480"
drain_deadline = "{{ .root.Values.operator.drainDeadlineSeconds }}s"

{{ include "throughline.config.telemetry" .root }}

[auth]
service_token_file = "/var/run/secrets/throughline/token"

[kubernetes]
namespaces = {{ toJson .root.Values.operator.namespaces }}

[lease]
name = "{{ include "throughline.name" . }}"

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "playbook-evaluator" "transcription-gateway")) }}
{{- end }}
