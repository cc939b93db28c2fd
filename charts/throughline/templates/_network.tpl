{{/* Rules of NetworkPolicies, by what they are for. */}}

{{- define "throughline.network.head" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "throughline.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end }}

{{/* Who may come in: callers and the mesh to gRPC, Prometheus to metrics. The kubelet's probes come from the node, which
     policies don't stop. */}}
{{- define "throughline.network.ingress" -}}
{{- $policy := .root.Values.networkPolicy }}
{{- if .port }}
- ports: [{port: {{ .port }}}]
  {{- with $policy.callers }}
  from:
    - podSelector: {matchLabels: {app.kubernetes.io/part-of: throughline, app.kubernetes.io/instance: {{ $.root.Release.Name }}}}
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
- ports: [{port: 7480}]
  {{- with $policy.metricsFrom }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "throughline.network.dns" }}
# DNS
- ports: [{port: 53, protocol: UDP}, {port: 53}]
  {{- with .root.Values.networkPolicy.dns }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "throughline.network.database" }}
# PostgreSQL
- ports: [{port: {{ .root.Values.networkPolicy.databasePort }}}]
  {{- with .root.Values.networkPolicy.database }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Telephony systems, where they are let in. */}}
{{- define "throughline.network.telephony" }}
{{- if .root.Values.telephony.enabled }}
# Telephony systems
- ports: [{port: {{ include "throughline.telephony.port" . }}}]
  {{- with .root.Values.networkPolicy.telephony }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Port of a store, by the endpoint that is given for it; empty for the cloud's own. */}}
{{- define "throughline.network.storePort" -}}
{{- $named := regexFind ":[0-9]+$" (trimSuffix "/" .) | trimPrefix ":" -}}
{{ $named | default (ternary "80" "443" (hasPrefix "http://" .)) }}
{{- end }}

{{/* The store of recordings, where it is not a volume. */}}
{{- define "throughline.network.store" }}
{{- $recordings := .root.Values.recordings }}
{{- $policy := .root.Values.networkPolicy }}
{{- if $recordings.url }}
# Store of recordings
- ports: [{port: {{ $policy.storePort | default (include "throughline.network.storePort" $recordings.endpoint) }}}]
  {{- with $policy.store }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Watched buckets; folders are volumes. */}}
{{- define "throughline.network.imports" }}
{{- $ports := list }}
{{- range .root.Values.imports }}
{{- if .url }}{{ $ports = append $ports (include "throughline.network.storePort" (.endpoint | default "")) }}{{ end }}
{{- end }}
{{- if $ports }}
# Watched buckets
- ports:
    {{- range $ports | uniq | sortAlpha }}
    - {port: {{ . }}}
    {{- end }}
  {{- with .root.Values.networkPolicy.imports }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Declared speech engines, where any but those in the gateway's own process are allowed. */}}
{{- define "throughline.network.speech" }}
{{- if .root.Values.speechEngines.allowedHosts }}
# Speech engines
- ports:
    {{- range .root.Values.networkPolicy.speechEnginePorts }}
    - {port: {{ . }}}
    {{- end }}
  {{- with .root.Values.networkPolicy.speechEngines }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "throughline.network.collector" }}
{{- if .root.Values.telemetry.otlpEndpoint }}
# OTLP collector
- ports: [{port: {{ .root.Values.networkPolicy.collectorPort }}}]
  {{- with .root.Values.networkPolicy.collector }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Keys of token issuers: the API server's, and those that are fetched. */}}
{{- define "throughline.network.issuers" }}
{{- $policy := .root.Values.networkPolicy }}
{{- if not .root.Values.auth.clusterIssuer.jwks }}
{{- include "throughline.network.apiserver" . }}
{{- end }}
{{- $fetched := false }}
{{- range .root.Values.auth.issuers }}{{ if .jwksUrl }}{{ $fetched = true }}{{ end }}{{ end }}
{{- if $fetched }}
# Keys of issuers
- ports: [{port: 443}]
  {{- with $policy.issuers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "throughline.network.apiserver" }}
# Kubernetes API server
- ports:
    {{- range .root.Values.networkPolicy.apiServerPorts }}
    - {port: {{ . }}}
    {{- end }}
  {{- with .root.Values.networkPolicy.apiServer }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The services named in `peers`. */}}
{{- define "throughline.network.peers" }}
{{- $root := .root }}
{{- $services := fromYaml (include "throughline.services" $root) }}
{{- range .peers }}
# {{ . }}
- ports: [{port: {{ (get $services .).port }}}]
  to:
    - podSelector:
        matchLabels:
          {{- include "throughline.selector" (dict "root" $root "name" .) | nindent 10 }}
{{- end }}
{{- end }}
