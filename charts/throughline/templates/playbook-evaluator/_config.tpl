{{/* The configuration of playbook-evaluator. */}}

{{- define "throughline.playbook-evaluator.config" -}}
{{ include "throughline.config" . }}
{{- if ne .root.Values.models.from "none" }}

[embeddings]
models_dir = "/var/lib/throughline/models"
{{- end }}

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "transcription-gateway" "coaching-engine" "crm-sync" "forecast")) }}
{{- end }}
