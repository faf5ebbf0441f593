import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { configSchema } from '../src/config/schema.ts';
import { REASONS } from '../src/notify/notifier.ts';
import { createMetrics, METRICS, PREFIX } from '../src/observe/metrics.ts';
import { start } from './support/process.ts';

jest.setTimeout(60_000);

test('the generated docs say what their sources say', async () => {
  const running = start(process.execPath, ['tools/docs.mjs', '--check']);
  expect([await running.ended, running.output()]).toEqual([0, '']);
});

test('the reference names every setting of the config', () => {
  const text = readFileSync('docs/configuration.md', 'utf8');
  const missing = [...namesIn(configSchema)].filter(
    (name) => !new RegExp(`(?:[.\`]|^#+ )${name}(?:\`|$)`, 'm').test(text),
  );
  expect(missing).toEqual([]);
});

/** The names of the settings in a schema, at any depth. */
function namesIn(schema: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [key, inner] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(inner)) names.add(name);
    if (typeof inner === 'object' && inner !== null) for (const name of namesIn(inner)) names.add(name);
  }
  return names;
}

test('the runbooks say what each failure is', () => {
  const text = readFileSync('docs/runbooks.md', 'utf8');
  expect(REASONS.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

describe('what is scraped', () => {
  test('has every metric of the list, and no other of ours', async () => {
    const { text } = await createMetrics().scrape();
    const ours = Array.from(text.matchAll(/^# TYPE pagerelay_(\w+)/gm), ([, name]) => name);
    expect(new Set(ours)).toEqual(new Set(Object.keys(METRICS)));
  });

  test('is the same in OpenMetrics, also after another scrape: only counters are described without _total', async () => {
    const metrics = createMetrics();
    metrics.webhook_requests_total.inc({ code: '200' });
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.1';
    const open = await metrics.scrape(accept);
    expect(open.contentType).toContain('application/openmetrics-text');
    expect(open.text).toContain(
      `# TYPE ${PREFIX}webhook_requests counter\n${PREFIX}webhook_requests_total{code="200"} 1\n`,
    );
    expect(open.text.endsWith('\n# EOF\n')).toBe(true);
    const plain = await metrics.scrape('text/plain');
    expect(plain.contentType).toContain('text/plain');
    expect(plain.text).toContain(`# TYPE ${PREFIX}webhook_requests_total counter\n`);
  });
});
