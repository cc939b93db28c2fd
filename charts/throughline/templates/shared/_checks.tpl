{{/* Values that contradict each other, or lack each other, each with a sentence that says what to do. */}}

{{- define "throughline.checks" -}}
{{- include "throughline.checks.database" . -}}
{{- include "throughline.checks.issuers" . -}}
{{- include "throughline.checks.storage" . -}}
{{- include "throughline.checks.telephony" . -}}
{{- include "throughline.checks.imports" . -}}
{{- include "throughline.checks.rest" . -}}
{{- end }}

{{- define "throughline.checks.database" -}}
{{- $database := .Values.database -}}
{{- $trial := .Values.trialPostgresql -}}
{{- if $trial.enabled -}}
  {{- if or $database.url $database.existingSecret.urlKey }}{{ fail "database.url and trialPostgresql.enabled name two databases: leave one of them out" }}{{ end -}}
  {{- if not $trial.image }}{{ fail "trialPostgresql.enabled needs trialPostgresql.image, a PostgreSQL image that your nodes can pull" }}{{ end -}}
  {{- if not (include "throughline.database.secret" .) }}{{ fail "trialPostgresql.enabled needs database.password or database.existingSecret.name: the password that the trial database is made with" }}{{ end -}}
{{- else if not (or $database.url $database.existingSecret.urlKey) -}}
  {{- fail "database.url is missing: name a PostgreSQL (postgres://user@host:5432/database), the key of a secret that holds it (database.existingSecret.urlKey), or for a trial set trialPostgresql.enabled" -}}
{{- end -}}
{{- if regexMatch "://[^@/]*:[^@/]*@" $database.url }}{{ fail "database.url holds a password: leave it out and name a secret in database.existingSecret" }}{{ end -}}
{{- if and $database.url (not (regexMatch "^postgres(ql)?://" $database.url)) }}{{ fail "database.url must begin with postgres://: replicas can't share an SQLite file" }}{{ end -}}
{{- if and $database.existingSecret.urlKey (not $database.existingSecret.name) }}{{ fail "database.existingSecret.urlKey needs database.existingSecret.name, the secret that has the key" }}{{ end -}}
{{- if and $database.password $database.existingSecret.name }}{{ fail "database.password and database.existingSecret.name are two passwords: leave one of them out" }}{{ end -}}
{{- end }}

{{- define "throughline.checks.issuers" -}}
{{- range $name, $issuer := .Values.auth.issuers -}}
  {{- $at := printf "auth.issuers.%s" $name -}}
  {{- if eq $name "cluster" }}{{ fail "auth.issuers.cluster is the name of the cluster's own issuer (auth.clusterIssuer): take another" }}{{ end -}}
  {{- if contains "dev.throughline.local" $issuer.issuer }}{{ fail (printf "%s is the development issuer, whose key lies in a developer's folder: name the issuer of your identity provider" $at) }}{{ end -}}
  {{- $ways := compact (list ($issuer.jwks) ($issuer.jwksUrl) (ternary "secret" "" (not (empty $issuer.jwksSecret)))) -}}
  {{- if ne (len $ways) 1 }}{{ fail (printf "%s needs exactly one of jwks, jwksSecret and jwksUrl" $at) }}{{ end -}}
  {{- if and $issuer.jwksCaSecret (not $issuer.jwksUrl) }}{{ fail (printf "%s.jwksCaSecret is of use with jwksUrl only" $at) }}{{ end -}}
{{- end -}}
{{- end }}

{{- define "throughline.checks.storage" -}}
{{- $gateway := .Values.transcriptionGateway -}}
{{- $replicas := ternary $gateway.autoscaling.maxReplicas $gateway.replicas $gateway.autoscaling.enabled | int -}}
{{- $recordings := .Values.recordings -}}
{{- if and $recordings.url (not (regexMatch "^(s3|az|gs)://[^/@?#]+(/[^@?#]*)?$" $recordings.url)) }}{{ fail "recordings.url must be s3://bucket/prefix, az://container/prefix or gs://bucket/prefix, without credentials; leave it out for a volume" }}{{ end -}}
{{- if and $recordings.endpoint (hasPrefix "gs://" $recordings.url) }}{{ fail "recordings.endpoint is for s3 and az only" }}{{ end -}}
{{- if and $recordings.region $recordings.url (not (hasPrefix "s3://" $recordings.url)) }}{{ fail "recordings.region is for s3 only" }}{{ end -}}
{{- if and $recordings.url $recordings.existingClaim }}{{ fail "recordings.url and recordings.existingClaim name two places: leave one of them out" }}{{ end -}}
{{- if and (not $recordings.url) (or $recordings.endpoint $recordings.region $recordings.credentialsSecret $recordings.caSecret.name) }}{{ fail "recordings.endpoint, region, credentialsSecret and caSecret are of use with recordings.url only" }}{{ end -}}
{{- if and (gt $replicas 1) (not $recordings.url) (not .Values.recordings.existingClaim) (eq .Values.recordings.accessMode "ReadWriteOnce") -}}
  {{- fail "transcriptionGateway has several replicas, which must share the recordings: set recordings.accessMode to ReadWriteMany, or leave one replica" -}}
{{- end -}}
{{- if and (eq .Values.models.from "claim") (not .Values.models.existingClaim) }}{{ fail "models.from: claim needs models.existingClaim" }}{{ end -}}
{{- if and (ne .Values.models.from "claim") .Values.models.existingClaim }}{{ fail "models.existingClaim is of use with models.from: claim only" }}{{ end -}}
{{- end }}

{{- define "throughline.checks.telephony" -}}
{{- $telephony := .Values.telephony -}}
{{- if hasKey .Values.transcriptionGateway.settings "telephony.listen" }}{{ fail "transcriptionGateway.settings: telephony.listen opens a port that no service leads to and the network policy keeps shut: set telephony.enabled instead" }}{{ end -}}
{{- if and (not $telephony.enabled) (or $telephony.publicUrl $telephony.authTokenSecret.name $telephony.certificateSecret $telephony.ingress.enabled) }}{{ fail "telephony.publicUrl, authTokenSecret, certificateSecret and ingress are of use with telephony.enabled only" }}{{ end -}}
{{- if $telephony.enabled -}}
  {{- if not (or .Values.auth.issuers .Values.auth.services) }}{{ fail "telephony.enabled needs auth.issuers or auth.services: every stream carries a token, and nobody signs any yet that a telephony system could have" }}{{ end -}}
  {{- if and $telephony.publicUrl (not (regexMatch "^wss://[a-z0-9.-]+(:[0-9]+)?/?$" $telephony.publicUrl)) }}{{ fail "telephony.publicUrl must be wss://host or wss://host:port, without a path" }}{{ end -}}
  {{- if and $telephony.authTokenSecret.name (not $telephony.publicUrl) }}{{ fail "telephony.authTokenSecret needs telephony.publicUrl, the address that signatures are made of" }}{{ end -}}
  {{- if and $telephony.ingress.enabled (not $telephony.publicUrl) }}{{ fail "telephony.ingress.enabled needs telephony.publicUrl, whose host it listens for" }}{{ end -}}
{{- end -}}
{{- if and $telephony.ingress.tlsSecret (not $telephony.ingress.enabled) }}{{ fail "telephony.ingress.tlsSecret is of use with telephony.ingress.enabled only" }}{{ end -}}
{{- end }}

{{- define "throughline.checks.imports" -}}
{{- $recordings := trimSuffix "/" .Values.recordings.url -}}
{{- range $name, $import := .Values.imports -}}
  {{- $at := printf "imports.%s" $name -}}
  {{- if not (has $import.workspace $.Values.workspaces) }}{{ fail (printf "%s.workspace %s is none of workspaces" $at $import.workspace) }}{{ end -}}
  {{- if eq (empty $import.url) (empty $import.claim) }}{{ fail (printf "%s needs exactly one of url and claim" $at) }}{{ end -}}
  {{- if $import.url -}}
    {{- if not (regexMatch "^(s3|az|gs)://[^/@?#]+(/[^@?#]*)?$" $import.url) }}{{ fail (printf "%s.url must be s3://bucket/prefix, az://container/prefix or gs://bucket/prefix, without credentials; a folder is named by claim" $at) }}{{ end -}}
    {{- if $import.folder }}{{ fail (printf "%s.folder is of use with claim only: a prefix stands in url" $at) }}{{ end -}}
    {{- if and $import.endpoint (hasPrefix "gs://" $import.url) }}{{ fail (printf "%s.endpoint is for s3 and az only" $at) }}{{ end -}}
    {{- if and $import.region (not (hasPrefix "s3://" $import.url)) }}{{ fail (printf "%s.region is for s3 only" $at) }}{{ end -}}
    {{- if and $recordings (or (hasPrefix (printf "%s/" $recordings) (printf "%s/" (trimSuffix "/" $import.url))) (hasPrefix (printf "%s/" (trimSuffix "/" $import.url)) (printf "%s/" $recordings))) (eq ($import.endpoint | default "") $.Values.recordings.endpoint) }}{{ fail (printf "%s.url and recordings.url hold each other: what is stored would be imported again; watch another prefix" $at) }}{{ end -}}
  {{- else -}}
    {{- if or $import.endpoint $import.region $import.credentialsSecret $import.caSecret }}{{ fail (printf "%s.endpoint, region, credentialsSecret and caSecret are of use with url only" $at) }}{{ end -}}
    {{- if and (not $.Values.recordings.url) (eq $import.claim (include "throughline.recordings.claim" $)) (not $import.folder) }}{{ fail (printf "%s.claim is the one of the recordings: what is stored would be imported again; name a folder in it, or another claim" $at) }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{- define "throughline.checks.rest" -}}
{{- range $name, $service := fromYaml (include "throughline.services" .) -}}
  {{- $scaling := (get $.Values $service.key).autoscaling -}}
  {{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}{{ fail (printf "%s.autoscaling.minReplicas is more than maxReplicas" $service.key) }}{{ end -}}
  {{- range $key, $_ := (get $.Values $service.key).settings -}}
    {{- if not (regexMatch "^[a-z_]+(\\.[a-z_]+)+$" $key) }}{{ fail (printf "%s.settings: %s is no key of config/default.toml, such as live.max_streams" $service.key $key) }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- $manager := .Values.tls.certManager -}}
{{- if and $manager.enabled (not .Values.tls.enabled) }}{{ fail "tls.certManager.enabled makes certificates that nobody uses: set tls.enabled as well" }}{{ end -}}
{{- if and $manager.enabled (not $manager.issuerName) }}{{ fail "tls.certManager.enabled needs tls.certManager.issuerName" }}{{ end -}}
{{- if and .Values.tests.enabled (has .Values.tests.workspace .Values.workspaces) }}{{ fail (printf "tests.workspace %s is one of workspaces: helm test leaves calls there, give it one of its own" .Values.tests.workspace) }}{{ end -}}
{{- end }}
