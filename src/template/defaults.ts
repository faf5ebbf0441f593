/**
 * Alertmanager's default templates that its PagerDuty and Opsgenie receivers use (template/default.tmpl), by their names
 * and with their text to the byte; written anew.
 */
export const DEFAULT_TEMPLATES = `
{{- define "__alertmanager" }}Alertmanager{{ end }}

{{- define "__alertmanagerURL" -}}
  {{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}
{{- end }}

{{- define "__subject" -}}
  [{{ .Status | toUpper }}{{ if eq "firing" .Status }}:{{ len .Alerts.Firing }}{{ end }}]
  {{- " " }}{{ join " " .GroupLabels.Values }}{{ " " }}
  {{- $others := .CommonLabels.Remove .GroupLabels.Names }}
  {{- if lt (len .GroupLabels) (len .CommonLabels) }}({{ join " " $others.Values }}){{ end }}
{{- end }}

{{- define "__description" }}{{ end }}

{{- define "__text_alert_list" }}
  {{- range . }}
    {{- "Labels:\\n" }}{{ template "__text_pairs" .Labels }}
    {{- "Annotations:\\n" }}{{ template "__text_pairs" .Annotations }}
    {{- "Source: " }}{{ .GeneratorURL }}{{ "\\n" }}
  {{- end }}
{{- end }}

{{- define "__text_pairs" }}
  {{- range .SortedPairs }}{{ " - " }}{{ .Name }} = {{ .Value }}{{ "\\n" }}{{ end }}
{{- end }}

{{- define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
{{- define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
{{- define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{- define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}

{{- define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
{{- define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{- define "opsgenie.default.description" -}}
  {{ join " " .CommonAnnotations.Values }}{{ "\\n" }}
  {{- with .Alerts.Firing }}{{ "Alerts Firing:\\n" }}{{ template "__text_alert_list" . }}{{ end }}{{ "\\n" }}
  {{- with .Alerts.Resolved }}{{ "Alerts Resolved:\\n" }}{{ template "__text_alert_list" . }}{{ end }}
{{- end }}
`;
