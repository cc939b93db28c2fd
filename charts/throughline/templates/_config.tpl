{{/* The TOML of a service: what all have in common, and its peers. What else a service can be told goes through
     `settings`, which become environment variables. */}}

{{- define "throughline.config" -}}
{{- $values := .root.Values -}}
[server]
listen = "0.0.0.0:{{ .port }}"
admin_listen = "0.0.0.0:7480"
drain_notice = "{{ $values.drain.noticeSeconds }}s"
drain_deadline = "{{ $values.drain.deadlineSeconds }}s"
max_connection_age = {{ $values.maxConnectionAge | quote }}
{{- if $values.tls.enabled }}

[server.tls]
cert_file = "/etc/throughline/tls/tls.crt"
key_file = "/etc/throughline/tls/tls.key"
{{- if $values.tls.mutual }}
client_ca_file = "/etc/throughline/tls/ca.crt"
{{- end }}
{{- end }}

{{ include "throughline.config.telemetry" .root }}

{{ include "throughline.config.auth" .root }}

[database]
{{- if $values.trialPostgresql.enabled }}
url = "postgres://throughline@{{ include "throughline.fullname" .root }}-trial-postgresql:5432/throughline"
{{- else if not $values.database.existingSecret.urlKey }}
url = {{ $values.database.url | quote }}
{{- end }}
{{- if include "throughline.database.secret" .root }}
password_file = "/etc/throughline/database/password"
{{- end }}
max_connections = {{ $values.database.maxConnections }}
{{- end }}

{{- define "throughline.config.telemetry" -}}
[telemetry]
otlp_endpoint = {{ .Values.telemetry.otlpEndpoint | quote }}
log_format = {{ .Values.telemetry.logFormat | quote }}
{{- with .Values.telemetry.log }}
log = {{ . | quote }}
{{- end }}
{{- end }}

{{- define "throughline.config.auth" -}}
[auth]
audience = {{ .Values.auth.audience | quote }}
workspaces = {{ include "throughline.workspaces" . }}
service_token_file = "/var/run/secrets/throughline/token"
{{- range $name, $issuer := .Values.auth.issuers }}

[auth.issuers.{{ $name }}]
issuer = {{ $issuer.issuer | quote }}
{{- if $issuer.jwksUrl }}
jwks_url = {{ $issuer.jwksUrl | quote }}
{{- if $issuer.jwksCaSecret }}
jwks_ca_file = "/etc/throughline/issuers/{{ $name }}.crt"
{{- end }}
{{- else }}
jwks_file = "/etc/throughline/issuers/{{ $name }}.json"
{{- end }}
{{- with $issuer.workspaceClaim }}
workspace_claim = {{ . | quote }}
{{- end }}
{{- with $issuer.rolesClaim }}
roles_claim = {{ . | quote }}
{{- end }}
{{- end }}
{{- $cluster := .Values.auth.clusterIssuer }}

[auth.issuers.cluster]
issuer = {{ $cluster.issuer | quote }}
{{- if $cluster.jwks }}
jwks_file = "/etc/throughline/issuers/cluster.json"
{{- else }}
jwks_url = {{ $cluster.jwksUrl | quote }}
jwks_ca_file = "/var/run/secrets/throughline/ca.crt"
jwks_token_file = "/var/run/secrets/throughline/api-token"
{{- end }}

[auth.issuers.cluster.services]
{{- $account := printf "system:serviceaccount:%s:%s" .Release.Namespace (include "throughline.fullname" .) }}
{{- range $name, $_ := fromYaml (include "throughline.services" .) }}
{{ printf "%s-%s" $account $name | quote }} = {{ $name | quote }}
{{- end }}
{{- if .Values.operator.enabled }}
{{ printf "%s-operator" $account | quote }} = "operator"
{{- end }}
{{- if .Values.tests.enabled }}
{{ printf "%s-test" $account | quote }} = "helm-test"
{{- end }}
{{- range $account, $service := .Values.auth.services }}
{{ printf "system:serviceaccount:%s" ($account | replace "/" ":") | quote }} = {{ $service | quote }}
{{- end }}
{{- end }}

{{- define "throughline.workspaces" -}}
{{- $workspaces := .Values.workspaces -}}
{{- if .Values.tests.enabled }}{{ $workspaces = append $workspaces .Values.tests.workspace | uniq }}{{ end -}}
{{ toJson $workspaces }}
{{- end }}

{{/* [peers.NAME] of the services named in `peers`. */}}
{{- define "throughline.config.peers" -}}
{{- $root := .root -}}
{{- $services := fromYaml (include "throughline.services" $root) -}}
{{- range .peers }}
[peers.{{ . | replace "-" "_" }}]
url = "{{ ternary "https" "http" $root.Values.tls.enabled }}://{{ include "throughline.fullname" $root }}-{{ . }}:{{ (get $services .).port }}"
{{- if $root.Values.tls.enabled }}
ca_file = "/etc/throughline/tls/ca.crt"
{{- if $root.Values.tls.mutual }}
cert_file = "/etc/throughline/tls/tls.crt"
key_file = "/etc/throughline/tls/tls.key"
{{- end }}
{{- end }}
{{ end }}
{{- end }}

{{/* Name of the secret that holds the database's password; empty where there is none. */}}
{{- define "throughline.database.secret" -}}
{{- with .Values.database }}
{{- if .existingSecret.name }}{{ .existingSecret.name }}{{ else if .password }}{{ include "throughline.fullname" $ }}-database{{ end -}}
{{- end }}
{{- end }}
