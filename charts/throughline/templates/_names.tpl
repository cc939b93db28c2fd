{{/* Names and labels. A template's context, called `it`, is `root` (the chart's), `name` and `port` of the service, and
     `values`, its part of values.yaml. */}}

{{- define "throughline.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "throughline.name" -}}
{{ include "throughline.fullname" .root }}-{{ .name }}
{{- end }}

{{/* The services by name, with port and key in values.yaml: the one list of them. */}}
{{- define "throughline.services" -}}
transcription-gateway: {port: 7401, key: transcriptionGateway}
playbook-evaluator: {port: 7402, key: playbookEvaluator}
coaching-engine: {port: 7403, key: coachingEngine}
crm-sync: {port: 7404, key: crmSync}
forecast: {port: 7405, key: forecast}
{{- end }}

{{- define "throughline.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "throughline.labels" -}}
{{ include "throughline.selector" . }}
app.kubernetes.io/part-of: throughline
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Name and labels of everything that belongs to one service. */}}
{{- define "throughline.metadata" -}}
name: {{ include "throughline.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "throughline.labels" . | nindent 2 }}
{{- end }}

{{- define "throughline.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := printf "%s/%s" $image.prefix .image.repository -}}
{{- with $image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- if .image.digest -}}
{{ $name }}@{{ .image.digest }}
{{- else -}}
{{ $name }}:{{ .image.tag | default $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Seconds from SIGTERM to SIGKILL: notice, calls, workers (a drain deadline each), and the last telemetry. The operator
     serves nobody: it has its reconciles to end. */}}
{{- define "throughline.gracePeriod" -}}
{{- with .root.Values.drain }}
{{- if eq $.name "operator" }}{{ add $.values.drainDeadlineSeconds .flushSeconds }}
{{- else }}{{ add .noticeSeconds (mul 2 .deadlineSeconds) .flushSeconds }}{{ end -}}
{{- end }}
{{- end }}
