{{/* The configuration of transcription-gateway. */}}

{{- define "throughline.transcription-gateway.config" -}}
{{ include "throughline.config" . }}

[recordings]
dir = "/var/lib/throughline/recordings"
{{- if ne .root.Values.models.from "none" }}

[speech]
models_dir = "/var/lib/throughline/models"
{{- end }}

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "playbook-evaluator")) }}
{{- end }}
