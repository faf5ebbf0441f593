// The same as a mixin: jsonnet-bundler, kube-prometheus and Grafana's tools take it so.
local rules = std.parseYaml(importstr 'rules.yaml');

{
  _config+:: {
    // Where you have docs/runbooks.md: each alert gets a runbook_url to its section there.
    runbooks: '',
  },

  local withRunbook(rule) =
    if !std.objectHas(rule, 'alert') || $._config.runbooks == '' then rule
    else rule { annotations+: { runbook_url: $._config.runbooks + '#' + std.asciiLower(rule.alert) } },
  local groupsOf(kind) = [
    group { rules: [withRunbook(rule) for rule in group.rules] }
    for group in rules.groups
    if std.objectHas(group.rules[0], kind)
  ],

  prometheusAlerts+:: { groups+: groupsOf('alert') },
  prometheusRules+:: { groups+: groupsOf('record') },
  grafanaDashboards+:: { 'pagerelay.json': import 'dashboard.json' },
}
