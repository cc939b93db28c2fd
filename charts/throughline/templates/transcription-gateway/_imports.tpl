{{/* Watched buckets and folders, by the name that they have in the values. */}}

{{- define "throughline.imports.config" -}}
{{- range $name, $import := .Values.imports }}

[imports.{{ $name }}]
{{- if $import.claim }}
url = "file:///var/lib/throughline/imports/{{ $name }}"
{{- else }}
url = {{ $import.url | quote }}
{{- end }}
workspace = {{ $import.workspace | quote }}
{{- with $import.pollInterval }}
poll_interval = {{ . | quote }}
{{- end }}
{{- with $import.settle }}
settle = {{ . | quote }}
{{- end }}
{{- if $import.url }}

[imports.{{ $name }}.access]
endpoint = {{ $import.endpoint | default "" | quote }}
region = {{ $import.region | default "" | quote }}
{{- if $import.credentialsSecret }}
credentials_dir = "/etc/throughline/imports/{{ $name }}"
{{- end }}
{{- if $import.caSecret }}
ca_file = "/etc/throughline/imports-ca/{{ $name }}.crt"
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "throughline.imports.mounts" -}}
{{- range $name, $import := .Values.imports }}
{{- if $import.claim }}
- name: import-{{ $name }}
  mountPath: /var/lib/throughline/imports/{{ $name }}
  {{- with $import.folder }}
  subPath: {{ . | quote }}
  {{- end }}
  readOnly: true
{{- else if $import.credentialsSecret }}
- {name: import-{{ $name }}, mountPath: /etc/throughline/imports/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}
{{- if include "throughline.imports.authorities" . }}
- {name: imports-ca, mountPath: /etc/throughline/imports-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "throughline.imports.volumes" -}}
{{- range $name, $import := .Values.imports }}
{{- if $import.claim }}
- name: import-{{ $name }}
  persistentVolumeClaim: {claimName: {{ $import.claim }}, readOnly: true}
{{- else if $import.credentialsSecret }}
- name: import-{{ $name }}
  secret: {secretName: {{ $import.credentialsSecret }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- if include "throughline.imports.authorities" . }}
- name: imports-ca
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $import := .Values.imports }}
      {{- with $import.caSecret }}
      - secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: {{ $name }}.crt}]}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Not empty where a bucket's server has an authority of its own. */}}
{{- define "throughline.imports.authorities" -}}
{{- range .Values.imports }}{{ if .caSecret }}yes{{ end }}{{ end -}}
{{- end }}
