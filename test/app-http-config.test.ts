import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { always } from './support/fake-vendor.ts';
import { post, webhookBody } from './support/post.ts';
import { eventually } from './support/process.ts';
import { withHttps } from './support/servers.ts';
import { tlsFile } from './support/tls.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

test('the daemon sends as http_config says, and a reload closes the connections of what is gone', async () => {
  const configFile = join(mkdtempSync(join(tmpdir(), 'pagerelay-app-')), 'pagerelay.yaml');
  await withHttps(always(202), {}, async ({ url, connections }) => {
    const config = (http: object) =>
      JSON.stringify({
        global: { pagerduty_url: url, http_config: http },
        route: { receiver: 'team' },
        receivers: [{ name: 'team', pagerduty_configs: [{ routing_key: 'key' }] }],
      });
    writeFileSync(configFile, config({ tls_config: { ca_file: tlsFile('ca.pem') } }));
    const app = await createApp({
      configFile,
      listen: { host: '127.0.0.1', port: 0 },
      maxConnections: 512,
      reloadEveryMs: 0,
      setLogLevel: () => {},
      version: 'test',
      env: {},
      log: SILENT,
      now: Date.now,
    });
    if ('length' in app) throw new Error(JSON.stringify(app));
    const [{ port } = { port: 0 }] = await app.start();
    try {
      const answer = await post(`http://127.0.0.1:${port}`, webhookBody([{}]));
      expect(answer.status).toBe(200);
      expect(connections).toHaveLength(1);
      writeFileSync(configFile, config({}));
      expect(await app.reload()).toEqual([]);
      await eventually('the connection is closed', () => connections[0]?.destroyed || undefined);
    } finally {
      await app.stop({ drain: false });
    }
  });
});
