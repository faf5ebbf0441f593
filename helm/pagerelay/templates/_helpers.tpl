{{- define "pagerelay.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "pagerelay.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "pagerelay.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "pagerelay.selectorLabels" -}}
app.kubernetes.io/name: {{ include "pagerelay.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pagerelay.labels" -}}
{{ include "pagerelay.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The metadata of an object; .labels are further ones. */}}
{{- define "pagerelay.metadata" -}}
name: {{ include "pagerelay.fullname" .root }}
namespace: {{ include "pagerelay.namespace" .root }}
labels:
  {{- include "pagerelay.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "pagerelay.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "pagerelay.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "pagerelay.image" -}}
{{- with .Values.image }}
{{- $name := empty .registry | ternary .repository (printf "%s/%s" .registry .repository) }}
{{- if .digest }}
{{- printf "%s@%s" $name .digest }}
{{- else }}
{{- printf "%s:%s" $name (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The config, with what `redis` adds. */}}
{{- define "pagerelay.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if .Values.redis.enabled }}
{{- $store := dict "redis" (dict "url_file" (printf "/run/secrets/pagerelay-redis/%s" .Values.redis.key)) }}
{{- $config = mergeOverwrite $config (dict "dedup" (dict "store" $store)) }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* Whether the chart makes the config. */}}
{{- define "pagerelay.ownsConfig" -}}
{{- if not (or .Values.existingConfigSecret .Values.existingConfigMap) }}true{{ end }}
{{- end }}

{{- define "pagerelay.scheme" -}}
{{- if .Values.webConfig.tls_server_config }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{/* Where metrics are. */}}
{{- define "pagerelay.metricsPort" -}}
{{- if .Values.operatorPort.enabled }}operator{{ else }}http{{ end }}
{{- end }}

{{/* Whether there can be more than one pod. */}}
{{- define "pagerelay.isReplicated" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) }}true{{ end }}
{{- end }}

{{/* A duration as 1m30s, in ms. */}}
{{- define "pagerelay.milliseconds" -}}
{{- $ms := 0 }}
{{- range regexFindAll "[0-9]+(ms|[hms])" . -1 }}
{{- $number := regexFind "^[0-9]+" . | int }}
{{- $ms = add $ms (mul $number (get (dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1) (regexFind "[a-z]+$" .))) }}
{{- end }}
{{- $ms }}
{{- end }}

{{/* What the schema cannot say. */}}
{{- define "pagerelay.check" -}}
{{- with .Values }}
{{- if and .existingConfigSecret .existingConfigMap }}
{{- fail "set only one of existingConfigSecret, existingConfigMap" }}
{{- end }}
{{- if and .serviceMonitor.enabled .podMonitor.enabled }}
{{- fail "set only one of serviceMonitor.enabled, podMonitor.enabled: with both everything would be scraped twice" }}
{{- end }}
{{- if and .serviceMonitor.enabled .operatorPort.enabled }}
{{- fail "with operatorPort.enabled the Service has no metrics: set podMonitor.enabled instead of serviceMonitor.enabled" }}
{{- end }}
{{- if and .redis.enabled (not .redis.existingSecret) }}
{{- fail "redis.enabled needs redis.existingSecret, a Secret with the address of a Redis that is there already" }}
{{- end }}
{{- if and .redis.enabled (or .existingConfigSecret .existingConfigMap) }}
{{- fail "redis.enabled adds to config; with an existing config set dedup.store there, and mount the Secret with credentials" }}
{{- end }}
{{- if and .autoscaling.enabled (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) }}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" }}
{{- end }}
{{- $relay := dict }}
{{- if include "pagerelay.ownsConfig" $ }}
{{- $relay = default dict .config.relay }}
{{- end }}
{{- $drain := include "pagerelay.milliseconds" (default "5s" $relay.drain_timeout) | int }}
{{- $shutdown := include "pagerelay.milliseconds" (default "15s" $relay.shutdown_timeout) | int }}
{{- $needed := add 1000 $drain $shutdown }}
{{- if le (mul 1000 (int .terminationGracePeriodSeconds)) $needed }}
{{- fail (printf "terminationGracePeriodSeconds is %d: it must be more than %g, which is config.relay's drain_timeout and shutdown_timeout and one second for the answers; else notifications are cut off" (int .terminationGracePeriodSeconds) (divf $needed 1000)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* How a monitor scrapes. */}}
{{- define "pagerelay.endpoint" -}}
port: {{ include "pagerelay.metricsPort" .root }}
path: /metrics
scheme: {{ include "pagerelay.scheme" .root | lower }}
{{- with .monitor }}
interval: {{ .interval }}
scrapeTimeout: {{ .scrapeTimeout }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .endpoint }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
