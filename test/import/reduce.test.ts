import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { AliasFault, createExpand, toData } from '../../src/import/go-yaml.ts';
import { imported, RELAY_URL } from '../support/import.ts';

const KEY = '0123456789abcdef0123456789abcdef';

interface Receiver {
  readonly name: string;
  readonly [list: string]: unknown;
}

/** An alertmanager.yml's receivers as Alertmanager reads them. */
function receiversOf(text: string): readonly Receiver[] {
  const doc = parseDocument(text, { schema: 'failsafe', customTags: ['null'], merge: true });
  expect(doc.errors).toEqual([]);
  const expanded = doc.contents === null ? null : createExpand(doc)(doc.contents);
  if (expanded instanceof AliasFault) throw expanded;
  return (toData(expanded) as { receivers: readonly Receiver[] }).receivers;
}

/** What is to be left of a receiver: v1 entries stay, and the webhook comes after the others. */
function expectedOf({ pagerduty_configs, opsgenie_configs, webhook_configs, ...rest }: Receiver): Receiver {
  const entries = (pagerduty_configs ?? []) as readonly Readonly<Record<string, unknown>>[];
  const staying = entries.filter(({ service_key }) => service_key !== undefined);
  const isCarried = entries.length > staying.length || opsgenie_configs !== undefined;
  const webhook = { url: `${RELAY_URL}/webhook/${rest.name}`, send_resolved: 'true', max_alerts: '0' };
  const webhooks = [...((webhook_configs ?? []) as readonly unknown[]), ...(isCarried ? [webhook] : [])];
  return {
    ...rest,
    ...(staying.length > 0 ? { pagerduty_configs: staying } : {}),
    ...(webhooks.length > 0 ? { webhook_configs: webhooks } : {}),
  };
}

/**
 * Receivers in flow style in which anything may have an anchor and anything later may refer to it. Anchors have one of
 * few names, so that they are often named anew.
 */
const file = fc.array(fc.nat(), { minLength: 200, maxLength: 300 }).map((numbers) => {
  const queue = [...numbers];
  const pick = (below: number) => (queue.shift() ?? 0) % below;
  const anchors = new Map<string, Set<string>>();
  const marked = (kind: string, text: string) => {
    if (pick(2) === 0) return text;
    const name = `${kind}${pick(2)}`;
    if (text.includes(`*${name}`)) return text;
    anchors.set(kind, (anchors.get(kind) ?? new Set()).add(name));
    return `&${name} ${text}`;
  };
  const alias = (kind: string): string | undefined => {
    const names = [...(anchors.get(kind) ?? [])];
    return names.length === 0 || pick(2) === 0 ? undefined : `*${names[pick(names.length)]}`;
  };
  const http = () => alias('http') ?? marked('http', `{proxy_url: 'http://p${pick(9)}'}`);
  const entry = (kind: string, first: string, fields: readonly (() => string)[]) => {
    const merged = alias(kind);
    if (merged !== undefined && pick(3) === 0) return merged;
    const own = fields.filter(() => pick(2) === 0).map((field) => field());
    return marked(kind, `{${[merged === undefined ? first : `<<: ${merged}`, ...own].join(', ')}}`);
  };
  const list = (kind: string, name: string, item: () => string) => {
    if (pick(3) === 0) return [];
    return [`${name}: ${alias(`${kind}s`) ?? marked(`${kind}s`, `[${item()}, ${item()}]`)}`];
  };
  const receiver = (_: unknown, i: number) => {
    const merged = alias('receiver');
    const httpField = () => `http_config: ${http()}`;
    const lists = [
      ...list('pd', 'pagerduty_configs', () => {
        const kind = pick(3) === 0 ? 'service' : 'routing';
        const severity = () => `severity: ${alias('text') ?? marked('text', 'error')}`;
        return entry(kind, `${kind}_key: ${KEY}`, [severity, httpField]);
      }),
      ...list('slack', 'slack_configs', () =>
        entry('slack', 'channel: c', [() => `title: ${alias('text') ?? marked('text', 't')}`, httpField]),
      ),
      ...list('og', 'opsgenie_configs', () =>
        entry('og', 'api_key: k', [() => `note: n${pick(9)}`, httpField]),
      ),
      ...list('hook', 'webhook_configs', () => entry('hook', `url: http://h${pick(9)}`, [httpField])),
    ];
    const all = merged === undefined ? lists : [`<<: ${merged}`, ...lists];
    return `- ${marked('receiver', `{${[...all, `name: r${i}`].join(', ')}}`)}\n`;
  };
  return `route: {receiver: r0}\nreceivers:\n${Array.from({ length: 6 }, receiver).join('')}`;
});

describe('what is left of an alertmanager.yml', () => {
  test('says the same as before but for what was carried over, whatever refers to what', () => {
    let aliases = 0;
    fc.assert(
      fc.property(file, (text) => {
        aliases += text.match(/\*/g)?.length ?? 0;
        const { alertmanager } = imported(text, { check: () => [] });
        expect(receiversOf(alertmanager)).toEqual(receiversOf(text).map(expectedOf));
      }),
      { numRuns: 100 },
    );
    expect(aliases).toBeGreaterThan(300);
  });

  test.each(['route: {receiver: a}\n', 'route:\n    receiver: a\n'])('keeps the style of %j', (route) => {
    const entry = `pagerduty_configs: [{routing_key: ${KEY}}]`;
    const { alertmanager } = imported(`${route}receivers: [{name: a, ${entry}}]\n`);
    const url = `${RELAY_URL}/webhook/a`;
    expect(alertmanager).toBe(
      `${route}receivers: [{name: a, webhook_configs: [{url: ${url}, send_resolved: true, max_alerts: 0}]}]\n`,
    );
  });

  test.each([
    ['a b', 'a%20b'],
    ['a/b?c#d', 'a%2Fb%3Fc%23d'],
    ['{{ a }}', '%7B%7B%20a%20%7D%7D'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ['...', '...'],
    ['é🔥', '%C3%A9%F0%9F%94%A5'],
  ])('posts for the receiver %s to /webhook/%s', (name, segment) => {
    const text = JSON.stringify({
      route: { receiver: name },
      receivers: [{ name, pagerduty_configs: [{ routing_key: KEY }] }],
    });
    expect(imported(text).alertmanager).toContain(`"${RELAY_URL}/webhook/${segment}"`);
  });
});
