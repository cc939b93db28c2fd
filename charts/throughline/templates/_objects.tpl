{{/* The objects that look alike for every service. */}}

{{- define "throughline.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{/* Headless: the mesh resolves the pods and balances each call. */}}
{{- define "throughline.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
    throughline.io/service: mesh
spec:
  clusterIP: None
  selector:
    {{- include "throughline.selector" . | nindent 4 }}
  ports:
    {{- if .port }}
    - {name: grpc, port: {{ .port }}, targetPort: grpc, appProtocol: kubernetes.io/h2c}
    {{- end }}
    - {name: admin, port: 7480, targetPort: admin}
{{- end }}

{{- define "throughline.service.callers" -}}
{{- $callers := .root.Values.callerServices -}}
{{- if $callers.enabled }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "throughline.name" . }}-api
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "throughline.labels" . | nindent 4 }}
    throughline.io/service: callers
  {{- with $callers.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $callers.type }}
  selector:
    {{- include "throughline.selector" . | nindent 4 }}
  ports:
    - {name: grpc, port: {{ .port }}, targetPort: grpc, appProtocol: {{ ternary "https" "kubernetes.io/h2c" .root.Values.tls.enabled }}}
{{- end }}
{{- end }}

{{- define "throughline.autoscaler" -}}
{{- $scaling := .values.autoscaling -}}
{{- if $scaling.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "throughline.name" . }}}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ $scaling.targetCpu }}}}
    {{- if $scaling.targetInFlight }}
    - type: Pods
      pods:
        metric: {name: rpc_server_active_requests}
        target: {type: AverageValue, averageValue: {{ $scaling.targetInFlight | quote }}}
    {{- end }}
  behavior:
    # Live calls are long: replicas go slowly, so that few of them have to be taken up again.
    scaleDown: {stabilizationWindowSeconds: {{ $scaling.scaleDownSeconds }}}
{{- end }}
{{- end }}

{{- define "throughline.disruptionbudget" -}}
{{- if .root.Values.podDisruptionBudget.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  # A pod that is broken anyway must not hold up the drain of a node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "throughline.selector" . | nindent 6 }}
{{- end }}
{{- end }}

{{- define "throughline.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "throughline.metadata" . | nindent 2 }}
data:
  {{ .name }}.toml: |
    {{- .config | trim | nindent 4 }}
{{- end }}
