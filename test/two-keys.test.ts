import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadWebConfig } from '../src/http/web-config.ts';
import { type AppUnderTest, ask, withApp } from './support/app.ts';
import { type Received, type Script, withVendor } from './support/fake-vendor.ts';
import { type PostedAlert, webhookBody } from './support/post.ts';

const OLD = 'O'.repeat(32);
const NEW = 'N'.repeat(32);

const VENDORS = {
  pagerduty: {
    settings: (url: string, file: string) => ({ pagerduty_configs: [{ url, routing_key_file: file }] }),
    keyOf: ({ body }: Received) => JSON.parse(body).routing_key as string,
    refusal: 400,
  },
  opsgenie: {
    settings: (api_url: string, file: string) => ({ opsgenie_configs: [{ api_url, api_key_file: file }] }),
    keyOf: ({ headers }: Received) => headers.authorization?.replace('GenieKey ', '') ?? '',
    refusal: 401,
  },
} as const;

describe.each(Object.entries(VENDORS))(
  'a file with two keys for %s',
  (_vendor, { settings, keyOf, refusal }) => {
    /** Runs `use` with a vendor that answers each key as `answers` says, and gives the keys of the requests. */
    async function keysUsed(
      answers: Readonly<Record<string, number>>,
      text: string,
      use: (app: AppUnderTest) => Promise<unknown>,
    ): Promise<readonly string[]> {
      const script: Script = (response, request) => {
        const key = keyOf(request);
        response.writeHead(answers[key] ?? 202).end(`{"message":"no such key: ${key}"}`);
      };
      return withVendor(script, async (vendor) => {
        await withApp({ files: { key: text } }, async (under) => {
          const config = {
            route: { receiver: 'team', group_by: ['...'] },
            receivers: [{ name: 'team', ...settings(vendor.url, join(under.folder, 'key')) }],
            relay: { drain_timeout: '0s', delivery_timeout: '2s' },
          };
          under.write('pagerelay.yaml', JSON.stringify(config));
          expect(await under.app.reload()).toEqual([]);
          await use(under);
          expect(under.log()).not.toContain(OLD);
          expect(under.log()).not.toContain(NEW);
        });
        return vendor.requests.map(keyOf);
      });
    }

    const post = async ({ ports: [port] }: AppUnderTest, ...alerts: readonly PostedAlert[]) => {
      const headers = { 'Content-Type': 'application/json' };
      return ask(port, '/webhook', { method: 'POST', headers, body: webhookBody(alerts) });
    };
    const alert = (instance: string): PostedAlert => ({ labels: { instance } });

    test('uses the first as long as it is taken', async () => {
      const keys = await keysUsed({}, `${OLD}\n${NEW}\n`, async (app) => {
        expect((await post(app, alert('a'), alert('b'))).status).toBe(200);
      });
      expect(keys).toEqual([OLD, OLD]);
    });

    test('uses the second at once where the first is refused, says so, and goes on with it', async () => {
      const keys = await keysUsed({ [OLD]: refusal }, `\n ${OLD} \r\n ${NEW} \r\n`, async (app) => {
        const first = await post(app, alert('a'));
        expect(JSON.parse(first.text)).toMatchObject({ notifications: [{ outcome: 'accepted' }] });
        expect((await post(app, alert('b'))).status).toBe(200);
        // Also when the file was read again.
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        expect((await post(app, alert('c'))).status).toBe(200);
        expect(app.log().match(/key refused/g)).toHaveLength(1);
        const metrics = await ask(app.ports[0], '/metrics');
        expect(metrics.text).toMatch(
          /^pagerelay_keys_refused_total\{receiver="team",integration="\w+\[0\]"\} 1$/m,
        );
      });
      expect(keys).toEqual([OLD, NEW, NEW, NEW]);
    });

    test('is refused as with one key where neither is taken, and for the first', async () => {
      const keys = await keysUsed({ [OLD]: refusal, [NEW]: refusal }, `${OLD}\n${NEW}`, async (app) => {
        const { status, text } = await post(app, alert('a'));
        expect([status, text]).toEqual([422, expect.stringContaining('no such key: <secret>')]);
        expect(app.log()).not.toContain('key refused');
      });
      expect(keys).toEqual([OLD, NEW]);
    });

    test('loses nothing where the second cannot be tried now', async () => {
      const answers = { [OLD]: refusal, [NEW]: 503 };
      const keys = await keysUsed(answers, `${OLD}\n${NEW}`, async (app) => {
        expect((await post(app, alert('a'))).status).toBe(503);
        answers[NEW] = 202;
        expect((await post(app, alert('a'))).status).toBe(200);
      });
      expect(keys.slice(-2)).toEqual([OLD, NEW]);
    });

    test('begins with the first again when that was replaced', async () => {
      const keys = await keysUsed({ [OLD]: refusal }, `${OLD}\n${NEW}`, async (app) => {
        await post(app, alert('a'));
        app.write('key', `${NEW}\n${'3'.repeat(32)}\n`);
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        await post(app, alert('b'));
      });
      expect(keys).toEqual([OLD, NEW, NEW]);
    });

    test('holds two at most, and each must be a key', async () => {
      for (const [text, message] of [
        [`${OLD}\n${NEW}\nthird`, 'holds more than two keys'],
        [`${OLD}\nno key`, 'holds white space or characters that no key has'],
      ] as const) {
        const keys = await keysUsed({}, text, async (app) => {
          const answer = await post(app, alert('a'));
          expect([answer.status, answer.text]).toEqual([503, expect.stringContaining(message)]);
        });
        expect(keys).toEqual([]);
      }
    });
  },
);

test('a file of those who post here holds one: there are lists of such files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-two-keys-'));
  writeFileSync(join(folder, 'token'), `${OLD}\n${NEW}\n`);
  writeFileSync(join(folder, 'web.yaml'), 'scopes: { ingest: { bearer_token_files: [token] } }');
  const loaded = await loadWebConfig(join(folder, 'web.yaml'), { now: Date.now });
  expect(loaded).toMatchObject({ warnings: [{ message: expect.stringContaining('holds white space') }] });
});
