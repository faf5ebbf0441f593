import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { load } from '../src/config/load.ts';
import { printProblem } from '../src/config/problem.ts';
import { ask, withApp } from './support/app.ts';
import { type Script, withVendor } from './support/fake-vendor.ts';
import { webhookBody } from './support/post.ts';
import { runCommand } from './support/terminal.ts';

/** Every place of a config that takes a secret, with what is around it; `x` becomes the secret. */
const PLACES: Readonly<Record<string, (x: unknown) => object>> = {
  routing_key: (x) => pagerduty({ routing_key: x }),
  'routing_key_by.keys.key': (x) =>
    pagerduty({ routing_key_by: { label: 'team', keys: { db: { key: x } } } }),
  rest_api_key: (x) => pagerduty({ rest_api_key: x, client: 'our own' }),
  api_key: (x) => opsgenie({ api_key: x }),
  'api_key_by.keys.key': (x) => opsgenie({ api_key_by: { label: 'team', keys: { db: { key: x } } } }),
  'global.opsgenie_api_key': (x) => ({ ...opsgenie({}), global: { opsgenie_api_key: x } }),
  'http_config.basic_auth.password': (x) => http({ basic_auth: { username: 'relay', password: x } }),
  'http_config.authorization.credentials': (x) => http({ authorization: { credentials: x } }),
  'http_config.bearer_token': (x) => http({ bearer_token: x }),
  'http_config.http_headers.secrets': (x) => http({ http_headers: { 'X-Key': { secrets: [x] } } }),
  'http_config.oauth2.client_secret': (x) =>
    http({ oauth2: { client_id: 'relay', client_secret: x, token_url: 'http://127.0.0.1:9/token' } }),
  'http_config.oauth2.endpoint_params': (x) =>
    http({
      oauth2: {
        client_id: 'relay',
        client_secret: 'other',
        token_url: 'http://127.0.0.1:9/token',
        endpoint_params: { assertion: x },
      },
    }),
  'http_config.proxy_url': (x) =>
    http({ proxy_url: `http://user:${typeof x === 'string' ? encodeURIComponent(x) : x}@127.0.0.1:9` }),
  'http_config.proxy_connect_header': (x) =>
    http({ proxy_url: 'http://127.0.0.1:9', proxy_connect_header: { 'X-Key': [x] } }),
  'http_config.tls_config.key': (x) => http({ tls_config: { key: x, cert: 'none' } }),
  'tracing.http_config.authorization.credentials': (x) => ({
    ...pagerduty({}),
    tracing: { endpoint: 'http://127.0.0.1:9', http_config: { authorization: { credentials: x } } },
  }),
  'dedup.store.redis.url': (x) => ({
    ...pagerduty({}),
    dedup: {
      store: { redis: { url: `redis://:${typeof x === 'string' ? encodeURIComponent(x) : x}@127.0.0.1:9` } },
    },
  }),
};

const KEY = 'R'.repeat(32);
const pagerduty = (settings: object) => receiver({ pagerduty_configs: [{ routing_key: KEY, ...settings }] });
const opsgenie = (settings: object) => receiver({ opsgenie_configs: [{ ...settings }] });
const http = (settings: object) => pagerduty({ http_config: settings });
function receiver(settings: object): object {
  return { route: { receiver: 'team' }, receivers: [{ name: 'team', ...settings }] };
}

/** Long enough never to be in a text by chance; with what JSON, URLs, YAML and regular expressions would write otherwise. */
const secret = fc
  .string({ unit: fc.constantFrom(...'aZ0-_.~+/=&%$^*()[]{}|:;<>!?@'), minLength: 14, maxLength: 40 })
  .map((text) => `S3${text}`);
/** What may come of it on the way. */
const formsOf = (text: string) => [
  text,
  encodeURIComponent(text),
  JSON.stringify(text).slice(1, -1),
  Buffer.from(text).toString('base64').slice(0, 12),
];

function expectHidden(shown: string, text: string): void {
  for (const form of formsOf(text)) expect(shown).not.toContain(form);
}

const show = (value: unknown) => inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true });

/** Everything that is said of a config. */
function saidOf(config: object): string {
  const { config: compiled, problems } = load(stringify(config), 'x.yaml', { env: {}, now: Date.now });
  return [problems.map(printProblem).join('\n'), show(compiled), JSON.stringify(compiled)].join('\n');
}

describe.each(Object.entries(PLACES))('a secret in %s', (_place, configWith) => {
  test('is in nothing that is said of the config, right or wrong', () => {
    fc.assert(
      fc.property(secret, (text) => {
        // As it should be; in a list, in a map and with a template where a text belongs; and beside other faults.
        for (const value of [text, [text], { value: text }, `${text}{{ .x }}`, ` ${text} ${text}`]) {
          expectHidden(saidOf(configWith(value)), text);
          expectHidden(saidOf({ ...configWith(value), relay: { delivery_timeout: 'soon' }, rout: {} }), text);
        }
      }),
      { numRuns: 3, seed: 1 },
    );
  });

  test('is in nothing that check and explain print', async () => {
    const text = 'S3cret-that-nobody-may-see';
    for (const value of [text, [text]]) {
      const folder = writeFiles({
        'pagerelay.yaml': stringify(configWith(value)),
        'webhook.json': webhookBody([{ labels: { team: 'db' } }]),
      });
      const file = `${folder}/pagerelay.yaml`;
      const checked = await runCommand(['check', file]);
      const explained = await runCommand(['explain', file, `--payload=${folder}/webhook.json`]);
      expectHidden(`${checked.stdout}${checked.stderr}${explained.stdout}${explained.stderr}`, text);
    }
  });
});

function writeFiles(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-secrecy-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** A vendor that answers with all that it was sent. */
const echo: Script = (response, { headers, body, url }) => {
  const request = `${url} ${JSON.stringify(headers)} ${body}`;
  response
    .writeHead(400, { 'X-Echo': encodeURI(request).slice(0, 4000) })
    .end(JSON.stringify({ message: request, errors: [request] }));
};

/** Where a secret goes to the vendor, as far as that is the fake one. */
const SENT = [
  'routing_key',
  'routing_key_by.keys.key',
  'api_key',
  'routing_key_by.keys.key',
  'http_config.basic_auth.password',
  'http_config.authorization.credentials',
  'http_config.bearer_token',
  'http_config.http_headers.secrets',
];

test.each(SENT)(
  'a secret in %s is in no answer, log line, metric, decision, dead letter or trace of the daemon',
  async (place) => {
    const printable = secret.filter((text) => !/[%&]/.test(text));
    const texts = fc.sample(printable, { numRuns: 3, seed: 7 });
    for (const text of texts) {
      let traced = '';
      const collector: Script = (response, { body }) => {
        traced += body;
        response.end();
      };
      await withVendor(collector, ({ url: endpoint }) =>
        withVendor(echo, async ({ url, requests }) => {
          const config = {
            ...PLACES[place]?.(text),
            global: { pagerduty_url: url, opsgenie_api_url: url },
            relay: { drain_timeout: '0s' },
            tracing: { endpoint },
          };
          await withApp({ config: stringify(config) }, async ({ app, ports: [port], write, log }) => {
            const body = webhookBody([{ labels: { team: 'db' } }]);
            const shown = [await ask(port, '/webhook', { method: 'POST', body })];
            // The vendor did get it.
            const got = `${JSON.stringify(requests)} ${Buffer.from(`relay:${text}`).toString('base64')}`;
            expect(formsOf(text).some((form) => got.includes(form))).toBe(true);
            for (const path of ['/metrics', '/api/v1/decisions', '/api/v1/dead-letters', '/nothing'])
              shown.push(await ask(port, path));
            const { data } = JSON.parse(shown[3]?.text ?? '{}') as { data: { id: string }[] };
            expect(data).toHaveLength(1);
            shown.push(await ask(port, `/api/v1/dead-letters/${data[0]?.id}`));
            shown.push(await ask(port, `/api/v1/dead-letters/${data[0]?.id}/replay`, { method: 'POST' }));
            write('pagerelay.yaml', stringify({ ...config, rout: {} }));
            shown.push(await ask(port, '/-/reload', { method: 'POST' }));
            const all = `${JSON.stringify(shown)}\n${shown.map((one) => one.text).join('\n')}\n${log()}\n${show(app)}`;
            expectHidden(all, text);
            expect(all).toContain('<secret>');
          });
        }),
      );
      expect(traced).toContain('<secret>');
      expectHidden(traced, text);
    }
  },
);

test('tokens, passwords and signatures of those who ask are in nothing that the daemon says, right or wrong', async () => {
  const [token, password, hmac, guess] = ['token', 'password', 'hmac', 'guess'].map(
    (name) => `S3cret-${name}-that-nobody-may-see`,
  ) as [string, string, string, string];
  const web = stringify({
    basic_auth_users: { anna: bcrypt.hashSync(password, 4) },
    scopes: {
      ingest: { bearer_token_files: ['token', 'nowhere'], hmac: { secret_files: ['hmac'] } },
      metrics: { basic_auth_users: ['anna'] },
      admin: { bearer_token_files: ['token'] },
    },
  });
  await withApp({ web, files: { token, hmac } }, async ({ app, ports: [port], write, log }) => {
    const basic = (text: string) => ({
      authorization: `Basic ${Buffer.from(`anna:${text}`).toString('base64')}`,
    });
    const shown = [];
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${guess}` },
      { 'x-grafana-alerting-signature': guess },
      basic(password),
      basic(guess),
    ]) {
      for (const path of ['/webhook', '/-/reload'])
        shown.push(await ask(port, path, { method: 'POST', headers, body: webhookBody([]) }));
      for (const path of ['/metrics', '/api/v1/decisions']) shown.push(await ask(port, path, { headers }));
    }
    write('token', `${token} ${token}`);
    await app.reload();
    const all = `${JSON.stringify(shown)}\n${log()}\n${show(app)}`;
    for (const secret of [token, password, hmac, guess]) expectHidden(all, secret);
    expect(shown.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 401, 503]));
  });
});
