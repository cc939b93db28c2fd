{{/* What is mounted into the pods: configuration, keys of issuers, tokens, certificates, the database's password, models. */}}

{{- define "throughline.mounts" -}}
- {name: config, mountPath: /etc/throughline/config, readOnly: true}
{{- if include "throughline.issuers.mounted" .root }}
- {name: issuers, mountPath: /etc/throughline/issuers, readOnly: true}
{{- end }}
- {name: tokens, mountPath: /var/run/secrets/throughline, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- if .root.Values.tls.enabled }}
- {name: tls, mountPath: /etc/throughline/tls, readOnly: true}
{{- end }}
{{- if and .database (include "throughline.database.secret" .root) }}
- {name: database, mountPath: /etc/throughline/database, readOnly: true}
{{- end }}
{{- end }}

{{- define "throughline.volumes" -}}
{{- $values := .root.Values -}}
- name: config
  configMap: {name: {{ include "throughline.name" . }}}
{{- if include "throughline.issuers.mounted" .root }}
{{ include "throughline.issuers.volume" .root }}
{{- end }}
- name: tokens
  projected:
    sources:
      - serviceAccountToken: {path: token, audience: {{ $values.auth.audience }}, expirationSeconds: 3600}
      {{- if not $values.auth.clusterIssuer.jwks }}
      # For the API server, which publishes the keys of such tokens to whoever has one. No role is bound to it.
      - serviceAccountToken: {path: api-token, expirationSeconds: 3600}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- if $values.tls.enabled }}
- name: tls
  secret: {secretName: {{ include "throughline.name" . }}-tls, defaultMode: 0440}
{{- end }}
{{- if and .database (include "throughline.database.secret" .root) }}
{{ include "throughline.database.volume" .root }}
{{- end }}
{{- end }}

{{- define "throughline.database.volume" -}}
- name: database
  secret:
    secretName: {{ include "throughline.database.secret" . }}
    defaultMode: 0440
    items: [{key: {{ .Values.database.existingSecret.passwordKey }}, path: password}]
{{- end }}

{{/* Not empty where an issuer's keys or authority come from a file. */}}
{{- define "throughline.issuers.mounted" -}}
{{- if .Values.auth.clusterIssuer.jwks }}yes{{ end -}}
{{- range .Values.auth.issuers }}{{ if or .jwks .jwksSecret .jwksCaSecret }}yes{{ end }}{{ end -}}
{{- end }}

{{- define "throughline.issuers.volume" -}}
- name: issuers
  projected:
    sources:
      {{- if include "throughline.issuers.inline" . }}
      - configMap: {name: {{ include "throughline.fullname" . }}-issuers}
      {{- end }}
      {{- range $name, $issuer := .Values.auth.issuers }}
      {{- with $issuer.jwksSecret }}
      - secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: {{ $name }}.json}]}
      {{- end }}
      {{- with $issuer.jwksCaSecret }}
      - secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: {{ $name }}.crt}]}
      {{- end }}
      {{- end }}
{{- end }}

{{/* The key sets that stand in the values, as data of a ConfigMap. */}}
{{- define "throughline.issuers.inline" -}}
{{- with .Values.auth.clusterIssuer.jwks }}
cluster.json: {{ . | quote }}
{{- end }}
{{- range $name, $issuer := .Values.auth.issuers }}
{{- with $issuer.jwks }}
{{ $name }}.json: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Recordings: the shared volume where they lie on one, the store's credentials where not; keys and authority. */}}
{{- define "throughline.recordings.mounts" -}}
{{- $recordings := .Values.recordings -}}
{{- if not $recordings.url }}
- {name: recordings, mountPath: /var/lib/throughline/recordings}
{{- else if $recordings.credentialsSecret }}
- {name: store, mountPath: /etc/throughline/store, readOnly: true}
{{- end }}
{{- if include "throughline.recordings.secrets" . }}
- {name: recordings-secrets, mountPath: /etc/throughline/recordings, readOnly: true}
{{- end }}
{{- end }}

{{- define "throughline.recordings.volumes" -}}
{{- $recordings := .Values.recordings -}}
{{- if not $recordings.url }}
- name: recordings
  persistentVolumeClaim: {claimName: {{ include "throughline.recordings.claim" . }}}
{{- else if $recordings.credentialsSecret }}
- name: store
  secret: {secretName: {{ $recordings.credentialsSecret }}, defaultMode: 0440}
{{- end }}
{{- if include "throughline.recordings.secrets" . }}
- name: recordings-secrets
  projected:
    defaultMode: 0440
    sources:
      {{- with $recordings.keysSecret }}
      {{- if .name }}
      - secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: keys}]}
      {{- end }}
      {{- end }}
      {{- with $recordings.caSecret }}
      {{- if .name }}
      - secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: ca.crt}]}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Not empty where keys or an authority are mounted. */}}
{{- define "throughline.recordings.secrets" -}}
{{ .Values.recordings.keysSecret.name }}{{ .Values.recordings.caSecret.name }}
{{- end }}

{{/* Keys that declared speech engines may name, and the authority of their servers. */}}
{{- define "throughline.speech.mount" -}}
{{- if or .Values.speechEngines.credentials .Values.speechEngines.caSecret.name }}
- {name: speech, mountPath: /etc/throughline/speech, readOnly: true}
{{- end }}
{{- end }}

{{- define "throughline.speech.volume" -}}
{{- $engines := .Values.speechEngines -}}
{{- if or $engines.credentials $engines.caSecret.name }}
- name: speech
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $credential := $engines.credentials }}
      - secret: {name: {{ $credential.secret.name }}, items: [{key: {{ $credential.secret.key }}, path: {{ $name }}}]}
      {{- end }}
      {{- with $engines.caSecret }}
      {{- if .name }}
      - secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: ca.crt}]}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Models for the gateway and the evaluator, at /var/lib/throughline/models. */}}
{{- define "throughline.models.mount" -}}
{{- if eq .Values.models.from "imageVolume" }}
- {name: models, mountPath: /var/lib/throughline/models, subPath: models, readOnly: true}
{{- else if ne .Values.models.from "none" }}
- {name: models, mountPath: /var/lib/throughline/models, readOnly: true}
{{- end }}
{{- end }}

{{- define "throughline.models.volume" -}}
{{- $models := .Values.models -}}
{{- if eq $models.from "claim" }}
- name: models
  persistentVolumeClaim: {claimName: {{ $models.existingClaim }}, readOnly: true}
{{- else if eq $models.from "imageVolume" }}
- name: models
  image: {reference: {{ include "throughline.models.image" . | quote }}, pullPolicy: {{ .Values.image.pullPolicy }}}
{{- else if eq $models.from "initContainer" }}
- name: models
  emptyDir: {sizeLimit: {{ $models.sizeLimit }}}
{{- end }}
{{- end }}

{{- define "throughline.models.image" -}}
{{ include "throughline.image" (dict "root" . "image" (dict "repository" "models" "tag" "" "digest" "")) }}
{{- end }}

{{- define "throughline.models.init" -}}
{{- if eq .Values.models.from "initContainer" }}
- name: models
  image: {{ include "throughline.models.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [/var/lib/throughline/models]
  resources:
    requests: {cpu: 50m, memory: 32Mi}
    limits: {memory: 256Mi} # where the node keeps such volumes in memory, the copy counts
  {{- include "throughline.container.security" . | nindent 2 }}
  volumeMounts:
    - {name: models, mountPath: /var/lib/throughline/models}
{{- end }}
{{- end }}

{{/* A trial's database comes up with the release, too late for a hook: there each service brings its own schema up. */}}
{{- define "throughline.trial.init" -}}
{{- if .root.Values.trialPostgresql.enabled }}
- name: migrate
  {{- include "throughline.container.image" . | nindent 2 }}
  args: [migrate, --config, /etc/throughline/config/{{ .name }}.toml]
  resources:
    {{- toYaml .values.resources | nindent 4 }}
  {{- include "throughline.container.security" .root | nindent 2 }}
  volumeMounts:
    {{- include "throughline.mounts" . | nindent 4 }}
{{- end }}
{{- end }}
