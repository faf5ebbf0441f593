import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { createMetrics, METRICS, PREFIX } from '../../src/observe/metrics.ts';
import { describeWith } from '../support/program.ts';
import { relayUnderTest } from '../support/relay.ts';

jest.setTimeout(60_000);

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const groups = (parse(readFileSync('monitoring/rules.yaml', 'utf8')) as { groups: { rules: Rule[] }[] })
  .groups;
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.flatMap(({ alert, ...rest }) => (alert === undefined ? [] : [{ alert, ...rest }]));
const dashboard = JSON.parse(readFileSync('monitoring/dashboard.json', 'utf8')) as {
  panels: { id: number; title: string; gridPos: object; targets: { expr: string }[] }[];
};
const panelExprs = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** What a program says to these arguments. */
function run(program: string, args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', input });
  return { code: status, output: `${stdout}${stderr}` };
}

test('every metric that an alert or a panel asks for is one of ours or of the recording rules', () => {
  const own = Object.entries(METRICS).flatMap(([name, { type }]) =>
    type === 'histogram'
      ? [`${PREFIX}${name}_bucket`, `${PREFIX}${name}_count`, `${PREFIX}${name}_sum`]
      : [PREFIX + name],
  );
  const recorded = rules.flatMap(({ record }) => record ?? []);
  const known = new Set([...own, ...recorded]);
  const asked = [...rules.map(({ expr }) => expr), ...panelExprs].flatMap((expr) =>
    Array.from(expr.matchAll(/\b[a-z_]*:?pagerelay[a-z0-9_:]*/g), ([name]) => name),
  );
  expect(asked.length).toBeGreaterThan(60);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});

test('every alert says how bad it is, what it is, and has its runbook and its test', () => {
  const runbooks = readFileSync('docs/runbooks.md', 'utf8');
  const sections = Array.from(runbooks.matchAll(/^## (\w+)$/gm), ([, name]) => name);
  expect(sections).toEqual(alerts.map(({ alert }) => alert));
  const tests = parse(readFileSync('monitoring/rules.test.yaml', 'utf8')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  const cases = tests.tests.flatMap((own) => own.alert_rule_test);
  for (const { alert, labels, annotations } of alerts) {
    expect(labels?.severity).toMatch(/^(critical|warning)$/);
    expect(Object.keys(annotations ?? {})).toEqual(['summary', 'description']);
    const own = cases.filter(({ alertname }) => alertname === alert);
    expect([alert, own.some((one) => one.exp_alerts.length > 0)]).toEqual([alert, true]);
    expect([alert, own.some((one) => one.exp_alerts.length === 0)]).toEqual([alert, true]);
  }
});

test('no two panels of the dashboard are in the same place', () => {
  const places = new Set(dashboard.panels.map(({ gridPos }) => JSON.stringify(gridPos)));
  expect(places.size).toBe(dashboard.panels.length);
});

describeWith('promtool', 'promtool', () => {
  test('takes the rules', () => {
    const { code, output } = run('promtool', ['check', 'rules', 'monitoring/rules.yaml']);
    expect([code, output]).toEqual([0, expect.stringContaining(`SUCCESS: ${rules.length} rules found`)]);
  });

  test('sees every alert fire when it should, and only then', () => {
    const { code, output } = run('promtool', ['test', 'rules', 'monitoring/rules.test.yaml']);
    expect([code, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  test("sees the same with buckets in Prometheus 3's form", () => {
    const folder = mkdtempSync(join(tmpdir(), 'pagerelay-rules-'));
    const tests = readFileSync('monitoring/rules.test.yaml', 'utf8');
    expect(tests).toContain('le="120"');
    writeFileSync(join(folder, 'rules.yaml'), readFileSync('monitoring/rules.yaml'));
    writeFileSync(join(folder, 'rules.test.yaml'), tests.replaceAll('le="120"', 'le="120.0"'));
    const { code, output } = run('promtool', ['test', 'rules', join(folder, 'rules.test.yaml')]);
    expect([code, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  test("takes every query of the dashboard, with Grafana's variables filled in", () => {
    const file = join(mkdtempSync(join(tmpdir(), 'pagerelay-rules-')), 'panels.yaml');
    const asRules = panelExprs.map((expr, i) => ({
      record: `panel:${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.+'),
    }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: asRules }] }));
    const { code, output } = run('promtool', ['check', 'rules', file]);
    expect([code, output]).toEqual([0, expect.stringContaining(`SUCCESS: ${panelExprs.length} rules found`)]);
  });

  test('finds nothing wrong with what is scraped, in its own text format', async () => {
    const under = relayUnderTest(`
route: { receiver: team }
receivers:
  - name: team
    pagerduty_configs: [{ routing_key: ${'R'.repeat(32)} }]
    opsgenie_configs: [{ api_key: 0a1b2c3d-0000-4000-8000-00000000feed }]
`);
    expect(run('promtool', ['check', 'metrics'], await under.scrape())).toEqual({ code: 0, output: '' });
    const { text } = await createMetrics().scrape();
    expect(run('promtool', ['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  });
});

describeWith('jsonnet', 'the mixin', () => {
  test('has the same alerts, rules and dashboard', () => {
    const text = `
      local mixin = (import 'monitoring/mixin.libsonnet') { _config+:: { runbooks: 'https://example.com/runbooks' } };
      { alerts: mixin.prometheusAlerts, rules: mixin.prometheusRules, dashboards: mixin.grafanaDashboards }`;
    const { code, output } = run('jsonnet', ['-e', text]);
    expect([code, output.slice(0, 200)]).toEqual([0, expect.stringContaining('{')]);
    const mixin = JSON.parse(output) as {
      alerts: { groups: { rules: Rule[] }[] };
      rules: { groups: { rules: Rule[] }[] };
      dashboards: Record<string, unknown>;
    };
    expect(mixin.rules.groups.flatMap((group) => group.rules)).toEqual(rules.filter(({ record }) => record));
    const linked = mixin.alerts.groups.flatMap((group) => group.rules);
    expect(linked.map(({ alert }) => alert)).toEqual(alerts.map(({ alert }) => alert));
    expect(linked[0]?.annotations?.runbook_url).toBe('https://example.com/runbooks#pagerelaydown');
    expect(mixin.dashboards['pagerelay.json']).toEqual(dashboard);
  });
});
