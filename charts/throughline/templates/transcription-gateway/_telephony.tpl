{{/* The edge that telephony systems stream to: off until `telephony.enabled`. */}}

{{- define "throughline.telephony.port" -}}
7411
{{- end }}

{{- define "throughline.telephony.name" -}}
{{ include "throughline.fullname" . }}-telephony
{{- end }}

{{/* Host of the public address, without its port; empty where there is none. */}}
{{- define "throughline.telephony.host" -}}
{{ .Values.telephony.publicUrl | trimPrefix "wss://" | trimSuffix "/" | regexFind "^[^:/]+" }}
{{- end }}

{{/* Folder of the certificate that the edge shows; empty where it speaks plain WebSocket. */}}
{{- define "throughline.telephony.certificate" -}}
{{- if .Values.telephony.certificateSecret }}/etc/throughline/telephony-tls
{{- else if .Values.tls.enabled }}/etc/throughline/tls
{{- end }}
{{- end }}

{{- define "throughline.telephony.config" -}}
{{- $telephony := .Values.telephony -}}
{{- if $telephony.enabled }}

[telephony]
listen = "0.0.0.0:{{ include "throughline.telephony.port" . }}"
max_connections = {{ $telephony.maxConnections }}
public_url = {{ $telephony.publicUrl | quote }}
{{- if $telephony.authTokenSecret.name }}
twilio_auth_token_file = "/etc/throughline/telephony/auth-token"
{{- end }}
{{- with include "throughline.telephony.certificate" . }}

[telephony.tls]
cert_file = "{{ . }}/tls.crt"
key_file = "{{ . }}/tls.key"
{{- end }}
{{- end }}
{{- end }}

{{- define "throughline.telephony.mounts" -}}
{{- if .Values.telephony.enabled }}
{{- if .Values.telephony.authTokenSecret.name }}
- {name: telephony, mountPath: /etc/throughline/telephony, readOnly: true}
{{- end }}
{{- if .Values.telephony.certificateSecret }}
- {name: telephony-tls, mountPath: /etc/throughline/telephony-tls, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "throughline.telephony.volumes" -}}
{{- if .Values.telephony.enabled }}
{{- with .Values.telephony.authTokenSecret }}
{{- if .name }}
- name: telephony
  secret: {secretName: {{ .name }}, defaultMode: 0440, items: [{key: {{ .key }}, path: auth-token}]}
{{- end }}
{{- end }}
{{- with .Values.telephony.certificateSecret }}
- name: telephony-tls
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- end }}
