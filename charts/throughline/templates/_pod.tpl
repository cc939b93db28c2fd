{{/* What the pods of all services must agree on. */}}

{{- define "throughline.pod.metadata" -}}
labels:
  {{- include "throughline.labels" . | nindent 2 }}
  {{- with .root.Values.pod.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ .config | sha256sum }}
  {{- with .root.Values.pod.annotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "throughline.pod.spec" -}}
{{- $pod := .root.Values.pod -}}
serviceAccountName: {{ include "throughline.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "throughline.gracePeriod" . }}
{{ include "throughline.pod.placement" . }}
topologySpreadConstraints:
  {{- range tuple "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    # Many clusters name no zones: there they can't be asked for.
    whenUnsatisfiable: {{ contains "zone" . | ternary "ScheduleAnyway" $pod.topologySpread }}
    # Pods of the revision before don't count: else an upgrade would leave the new ones skewed.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "throughline.selector" $ | nindent 8 }}
  {{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Of services, jobs and test pods alike. */}}
{{- define "throughline.pod.placement" -}}
{{- $pod := .root.Values.pod -}}
securityContext:
  runAsNonRoot: true
  {{- with $pod.runAsUser }}
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "throughline.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "throughline.container.image" -}}
image: {{ include "throughline.image" (dict "root" .root "image" .values.image) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- end }}

{{/* Everything of a service's container but its own mounts. */}}
{{- define "throughline.container" -}}
{{ include "throughline.container.image" . }}
args: [serve, --config, /etc/throughline/config/{{ .name }}.toml]
{{- include "throughline.container.env" . }}
ports:
  {{- if .port }}
  - {name: grpc, containerPort: {{ .port }}}
  {{- end }}
  - {name: admin, containerPort: 7480}
  {{- if and (eq .name "transcription-gateway") .root.Values.telephony.enabled }}
  - {name: telephony, containerPort: {{ include "throughline.telephony.port" . }}}
  {{- end }}
startupProbe:
  grpc: {port: 7480, service: liveness}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  grpc: {port: 7480, service: liveness}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
readinessProbe:
  grpc: {port: 7480}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{ include "throughline.container.security" . }}
{{- end }}

{{- define "throughline.container.env" -}}
{{- $secret := .root.Values.database.existingSecret -}}
{{- $url := and .database $secret.urlKey -}}
{{- if or .values.settings $url }}
env:
  {{- if $url }}
  - name: THROUGHLINE__DATABASE__URL
    valueFrom: {secretKeyRef: {name: {{ $secret.name }}, key: {{ $secret.urlKey }}}}
  {{- end }}
  {{- range $key, $value := .values.settings }}
  - name: THROUGHLINE__{{ $key | upper | replace "." "__" }}
    value: {{ $value | quote }}
  {{- end }}
{{- end }}
{{- end }}
