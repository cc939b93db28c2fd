{{/* The migration runs before anything of the release is there: what it needs are hooks as well, and go with it. */}}
{{- define "throughline.migration.metadata" -}}
{{- $it := dict "root" .root "name" "migrate" -}}
name: {{ include "throughline.name" $it }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "throughline.labels" $it | nindent 2 }}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
