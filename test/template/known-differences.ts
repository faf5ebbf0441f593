/**
 * Error texts of amtool 0.25, built with Go 1.19, that read otherwise here, on purpose. What the pattern finds in amtool's
 * text is replaced before texts are compared; each pattern is found somewhere.
 */
export const REWORDED: readonly { readonly reason: string; readonly from: RegExp; readonly to: string }[] = [
  {
    reason: 'later versions of Go say it so',
    from: /unexpected "\)" in (command|operand|if|with|range|template clause)$/,
    to: 'unexpected right paren',
  },
  {
    reason: 'templates that call themselves end sooner here',
    from: /exceeded maximum template depth \(100000\)/,
    to: 'exceeded maximum template depth (200)',
  },
  {
    reason: 'the default templates are laid out otherwise here',
    from: /^error: template: default\.tmpl:\d+:\d+: /,
    to: 'error: template: (default): ',
  },
];

/** Templates of the corpus that render differently here than in amtool 0.25, on purpose; each differs with some set of data. */
export const DIFFERENCES: readonly { readonly reason: string; readonly templates: readonly string[] }[] = [
  {
    reason: 'functions that came after 0.25',
    templates: [
      '{{ now }}',
      '{{ toJson . }}',
      '{{ trimSpace "a" }}',
      '{{ since .StartsAt }}',
      '{{ humanizeDuration 1 }}',
    ],
  },
  {
    reason: 'complex numbers: nothing in Alertmanager gives or takes one',
    templates: [
      '{{ if 0i }}1{{ else if 1i }}2{{ end }}',
      '{{ print 1i 2i }}',
      "{{ println 1i 'a' }}",
      '{{ printf "%v %g %.2f %e %#v %+v" 1+2i 1+2i 1+2i 1+2i 1+2i 1+2i }}',
      '{{ printf "%10.2f|%s|%d" 1-2i 1i 1i }}',
      '{{ eq 1i 1i }}',
      '{{ 1i }}',
      '{{ 0i }}',
      '{{ -1.5i }}',
      '{{ 1+2i }}',
      '{{ 1.5-2.5i }}',
      '{{ 0x1p1i }}',
      '{{ 1e3i }}',
      '{{ 012i }}',
      '{{ 1+0i }}',
      '{{ printf "%T" 1+2i }}',
      '{{ printf "%T" 1i }}',
      '{{ printf "%d" 1+0i }}',
      '{{ lt 1i 2i }}',
    ],
  },
  {
    reason: 'a text is bounded',
    templates: ['{{ printf "%10000000d" 1 }}', '{{ printf "%.10000000f" 1.0 }}'],
  },
  {
    reason: 'texts are Unicode: what is no UTF-8 becomes U+FFFD',
    templates: [
      '{{ "\\xff\\xfe" | printf "%x" }}',
      '{{ "\\xff" | len }}',
      '{{ "\\xff" | printf "%q" }}',
      '{{ "\\xe2\\x82" | printf "%+q" }}',
    ],
  },
  {
    reason: 'whole numbers have one type: no int64 or uint8',
    templates: [
      '{{ printf "%T" (index "a" 0) }}',
      '{{ printf "%T" (index .Alerts 0).StartsAt.Unix }}',
      '{{ printf "%s" (index .Alerts 0).StartsAt.Unix }}',
      '{{ (index .Alerts 0).StartsAt.AddDate (index .Alerts 0).StartsAt.Unix 0 0 }}',
      '{{ (index .Alerts 0).StartsAt.Unix.x }}',
    ],
  },
  {
    reason: 'safeHtml gives text: only in HTML would it differ',
    templates: [
      '{{ printf "%T %T %T" (index .Alerts 0).StartsAt (index .Alerts 0).StartsAt.Month (safeHtml "") }}',
      '{{ safeHtml "a" | toUpper }}',
    ],
  },
  {
    reason: 'later versions of Go have else with',
    templates: ['{{ if true }}{{ else with 1 }}{{ end }}', '{{ with 1 }}{{ else with 2 }}{{ end }}'],
  },
  {
    reason: 'later versions of Go range over a number',
    templates: ['{{ range 1 }}{{ end }}', '{{ range len .Alerts }}{{ end }}'],
  },
  {
    reason: 'later versions of Go have (?<name>)',
    templates: ['{{ match "(?<n>a)" "a" }}'],
  },
  {
    reason: 'a slice ends with its items: that of amtool, read from JSON, has room for four alerts',
    templates: [
      '{{ slice (slice (stringSlice "a" "b" "c") 0 1) 0 3 }}',
      '{{ len (slice .Alerts 1 3) }}',
      '{{ (index (slice .Alerts 2) 0).Status }}',
      '{{ (slice .Alerts 0 2).Firing | len }}',
      '{{ range slice .Alerts 0 2 }}{{ .Labels.instance }} {{ end }}',
      '{{ (slice .Alerts 1 3).Firing | len }}',
    ],
  },
  {
    reason: 'later versions of Go name what is no function',
    templates: [
      '{{ call 1 }}',
      '{{ call "a" }}',
      '{{ call .Status }}',
      '{{ call .Alerts 1 }}',
      '{{ call print 1 }}',
      '{{ call .Alerts.Firing }}',
    ],
  },
  {
    reason:
      'time.Time has no methods here that give bytes, several values or a *time.Location, nor IsDST and GoString',
    templates: [
      '{{ (index .Alerts 0).StartsAt.MarshalText | printf "%s" }} {{ (index .Alerts 1).StartsAt.MarshalJSON | printf "%s" }} {{ (index .Alerts 1).StartsAt.MarshalText }} {{ (index .Alerts 1).StartsAt.MarshalText | printf "%T %x %q %v" 1 }}',
      '{{ range .Alerts }}{{ .StartsAt.IsZero }} {{ .EndsAt.IsZero }} {{ .StartsAt.IsDST }} {{ .StartsAt.String }} {{ .StartsAt.GoString }}|{{ end }}',
      '{{ range .Alerts }}{{ .StartsAt.Location }}|{{ .StartsAt.Location.String | printf "%q" }}|{{ end }}',
      '{{ range .Alerts }}{{ .StartsAt.In .EndsAt.Location }}|{{ end }}',
      '{{ range .Alerts }}{{ .StartsAt.AppendFormat nil "2006" | printf "%s" }}{{ end }}',
      '{{ range .Alerts }}{{ .StartsAt.MarshalText | printf "%s" }} {{ end }}',
      '{{ (index .Alerts 0).StartsAt.wall }}',
      '{{ (index .Alerts 0).StartsAt.In "UTC" }}',
      '{{ (index .Alerts 0).StartsAt.In 1 }}',
      '{{ (index .Alerts 0).StartsAt.Date }}',
      '{{ (index .Alerts 0).StartsAt.Clock }}',
      '{{ (index .Alerts 0).StartsAt.Zone }}',
      '{{ (index .Alerts 0).StartsAt.ISOWeek }}',
    ],
  },
  {
    reason: "of Alertmanager's default templates there are those of PagerDuty and Opsgenie",
    templates: [
      '{{ template "slack.default.title" . }}|{{ template "slack.default.username" . }}|{{ template "slack.default.titlelink" . }}|{{ template "slack.default.pretext" . }}|{{ template "slack.default.text" . }}|{{ template "slack.default.fallback" . }}',
      '{{ template "slack.default.callbackid" . }}{{ template "slack.default.iconemoji" . }}{{ template "slack.default.iconurl" . }}{{ template "slack.default.footer" . }}',
    ],
  },
  {
    reason: 're2js refuses two groups of one name',
    templates: ['{{ match "(?P<n>a)(?P<n>b)" "a" }}'],
  },
];

/** What Alertmanager 0.34 shows otherwise than 0.25, with the data as the relay passes it. */
export const AS_ALERTMANAGER_0_34: readonly {
  readonly change: string;
  readonly template: string;
  readonly text: string;
}[] = [
  {
    change: 'labels print as a list',
    template: '{{ .GroupLabels }}',
    text: 'alertname=DiskFull, cluster=eu-1',
  },
  {
    change: 'pairs print as a list',
    template: '{{ .GroupLabels.SortedPairs }}',
    text: 'alertname=DiskFull, cluster=eu-1',
  },
  {
    change: 'the data is passed by pointer',
    template: '{{ printf "%T" . }}',
    text: '*template.Data',
  },
];
