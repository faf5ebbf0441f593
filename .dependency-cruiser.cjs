// Imports go downwards only: main → cli → app → http → redis → relay → { webhook, route, config, alertmanager, tracing } → notify → template → notification.
const LAYERS = [
  ['notification'],
  ['template'],
  ['notify'],
  ['webhook', 'route', 'config', 'alertmanager', 'tracing'],
  ['relay', 'import'],
  ['redis'],
  ['http'],
  ['app.ts'],
  ['cli'],
  ['main.ts'],
];

const above = (level) => LAYERS.slice(level + 1).flat();
const pattern = (names) => `^src/(${names.map((name) => name.replace('.', '\\.')).join('|')})(/|$)`;

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...LAYERS.slice(0, -1)
      .map((names, level) => ({
        name: `${names[0]}-knows-nothing-above`,
        severity: 'error',
        from: { path: pattern(names) },
        to: { path: pattern([...above(level), 'sandbox']) },
      }))
      .map((rule) => (rule.name.startsWith('cli') ? { ...rule, to: { path: pattern(['main.ts']) } } : rule)),
    {
      name: 'notification-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/notification/' },
      to: { path: '^src/(?!notification/)' },
    },
    {
      name: 'observe-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/observe/' },
      to: { path: '^src/(?!observe/)' },
    },
    {
      name: 'integrations-are-islands',
      severity: 'error',
      from: { path: '^src/notify/([^/]+)/' },
      to: { path: '^src/notify/[^/]+/', pathNot: '^src/notify/$1/' },
    },
    {
      name: 'one-place-retries',
      severity: 'error',
      from: { pathNot: '^src/relay/deliver\\.ts$' },
      to: { path: 'node_modules/p-retry' },
    },
    {
      name: 'only-tracing-knows-opentelemetry',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/tracing/' },
      to: { path: '(node_modules/@opentelemetry|^src/tracing/(?!tracing\\.ts$))' },
    },
    {
      name: 'only-the-registry-knows-the-vendors',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/notify/(registry\\.ts$|[^/]+/)' },
      to: { path: '^src/notify/(pagerduty|opsgenie)/' },
    },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true },
};
