{{/* The configuration of transcription-gateway. */}}

{{- define "throughline.transcription-gateway.config" -}}
{{ include "throughline.config" . }}

{{ include "throughline.recordings.config" .root }}
{{- if ne .root.Values.models.from "none" }}

[speech]
models_dir = "/var/lib/throughline/models"
{{- end }}

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "playbook-evaluator")) }}
{{- end }}

{{- define "throughline.recordings.config" -}}
{{- $recordings := .Values.recordings -}}
[recordings]
{{- if $recordings.url }}
url = {{ $recordings.url | quote }}
{{- else }}
dir = "/var/lib/throughline/recordings"
{{- end }}
{{- if $recordings.keysSecret.name }}
keys_file = "/etc/throughline/recordings/keys"
{{- end }}
{{- if $recordings.url }}

[recordings.access]
endpoint = {{ $recordings.endpoint | quote }}
region = {{ $recordings.region | quote }}
{{- if $recordings.credentialsSecret }}
credentials_dir = "/etc/throughline/store"
{{- end }}
{{- if $recordings.caSecret.name }}
ca_file = "/etc/throughline/recordings/ca.crt"
{{- end }}
{{- end }}
{{- end }}
