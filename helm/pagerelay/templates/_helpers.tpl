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

{{/* What a probe does, where it says that itself. */}}
{{- define "pagerelay.handler" -}}
{{- if or .httpGet .tcpSocket .exec .grpc }}true{{ end }}
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
{{- if and .autoscaling.enabled (not (dig "requests" "cpu" "" .resources)) }}
{{- fail "autoscaling.enabled needs resources.requests.cpu: it goes by how much of that is used" }}
{{- end }}
{{- if and .operatorPort.enabled (eq (int .operatorPort.port) 9096) }}
{{- fail "operatorPort.port: 9096 is the port for webhooks" }}
{{- end }}
{{- $folders := list "/etc/pagerelay" "/run/secrets/pagerelay-redis" }}
{{- range .credentials }}
{{- $folder := trimSuffix "/" .mountPath }}
{{- if has $folder $folders }}
{{- fail (printf "credentials: %s is the folder of something else; give each a mountPath of its own" $folder) }}
{{- end }}
{{- $folders = append $folders $folder }}
{{- end }}
{{- $wantsCertificate := has (dig "tls_server_config" "client_auth_type" "" .webConfig) (list "RequireAnyClientCert" "RequireAndVerifyClientCert") }}
{{- if or $wantsCertificate (dig "scopes" "metrics" "health" false .webConfig) }}
{{- range list "livenessProbe" "readinessProbe" "startupProbe" }}
{{- $probe := get $.Values . }}
{{- if and $probe (not (include "pagerelay.handler" $probe)) }}
{{- fail (printf "%s: a kubelet has no client certificate and no credentials, which webConfig asks for; give it a handler of its own, as tcpSocket: {port: http}" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- $isRestricted := or .webConfig.basic_auth_users .webConfig.scopes }}
{{- if and $isRestricted (not (dig "scopes" "metrics" "anonymous" false .webConfig)) }}
{{- range $name := list "serviceMonitor" "podMonitor" }}
{{- $monitor := get $.Values $name }}
{{- if and $monitor.enabled (not $monitor.endpoint) }}
{{- fail (printf "%s.endpoint: webConfig asks for credentials at /metrics; name them here, or say scopes.metrics.anonymous" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- $onlyVendors := and .networkPolicy.enabled (eq (toJson .networkPolicy.egressPorts) "[443]") (not .networkPolicy.extraEgress) }}
{{- if and $onlyVendors .redis.enabled }}
{{- fail "networkPolicy.egressPorts: the port of Redis is not among them" }}
{{- end }}
{{- if and $onlyVendors (include "pagerelay.ownsConfig" $) (dig "relay" "alertmanager_url" "" .config) }}
{{- fail "networkPolicy.egressPorts: the port of config.relay.alertmanager_url is not among them" }}
{{- end }}
{{- if and $onlyVendors (include "pagerelay.ownsConfig" $) .config.tracing }}
{{- fail "networkPolicy.egressPorts: the port of config.tracing.endpoint is not among them" }}
{{- end }}
{{- $relay := dict }}
{{- if include "pagerelay.ownsConfig" $ }}
{{- $relay = default dict .config.relay }}
{{- end }}
{{- $drain := include "pagerelay.milliseconds" (default "5s" $relay.drain_timeout) | int }}
{{- $shutdown := include "pagerelay.milliseconds" (default "15s" $relay.shutdown_timeout) | int }}
{{- /* The answers have a second, and the last traces two. */}}
{{- $needed := add 1000 $drain $shutdown }}
{{- if and (include "pagerelay.ownsConfig" $) .config.tracing }}
{{- $needed = add 2000 $needed }}
{{- end }}
{{- if le (mul 1000 (int .terminationGracePeriodSeconds)) $needed }}
{{- fail (printf "terminationGracePeriodSeconds is %d: it must be more than %g, which is config.relay's drain_timeout and shutdown_timeout, a second for the answers and, with config.tracing, two for the last traces; else notifications are cut off" (int .terminationGracePeriodSeconds) (divf $needed 1000)) }}
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
