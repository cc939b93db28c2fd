{{/* The configuration of transcription-gateway. */}}

{{- define "throughline.transcription-gateway.config" -}}
{{ include "throughline.config" . }}

{{ include "throughline.recordings.config" .root }}

[consent]
rule = {{ .root.Values.consent.rule | quote }}
{{- include "throughline.telephony.config" .root }}
{{- include "throughline.imports.config" .root }}
{{- with include "throughline.speech.config" .root }}

[speech]
{{- . }}
{{- end }}

{{ include "throughline.config.peers" (dict "root" .root "peers" (list "playbook-evaluator" "crm-sync")) }}
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

{{/* What is in the section of speech, empty where nothing is. */}}
{{- define "throughline.speech.config" -}}
{{- $engines := .Values.speechEngines -}}
{{- if ne .Values.models.from "none" }}
models_dir = "/var/lib/throughline/models"
{{- end }}
{{- with $engines.allowedHosts }}
allowed_hosts = {{ toJson . }}
{{- end }}
{{- if $engines.caSecret.name }}
ca_file = "/etc/throughline/speech/ca.crt"
{{- end }}
{{- range $name, $credential := $engines.credentials }}

[speech.credentials.{{ $name }}]
file = "/etc/throughline/speech/{{ $name }}"
{{- with $credential.hosts }}
hosts = {{ toJson . }}
{{- end }}
{{- with $credential.workspaces }}
workspaces = {{ toJson . }}
{{- end }}
{{- end }}
{{- end }}
