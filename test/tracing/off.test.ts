import { expect, test } from '@jest/globals';
import { start } from '../support/process.ts';

/** Puts the daemon together in a process of its own, and says which of OpenTelemetry's SDKs it has loaded. */
const script = (config: string) => `
import { createRequire } from 'node:module';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createApp } from './dist/app.js';
const configFile = mkdtempSync('/tmp/pagerelay-off-') + '/pagerelay.yaml';
writeFileSync(configFile, ${JSON.stringify(config)});
const log = { debug() {}, info() {}, warn() {}, error() {} };
const app = await createApp({ configFile, listen: { host: '127.0.0.1', port: 0 }, maxConnections: 5, reloadEveryMs: 0,
  version: '1', env: {}, log, setLogLevel() {}, now: Date.now });
await app.start();
const loaded = Object.keys(createRequire(import.meta.url).cache);
console.log(loaded.some((file) => file.includes('@opentelemetry/sdk-trace')) ? 'loaded' : 'not loaded', loaded.length > 0);
await app.stop({ drain: false });
`;
const CONFIG = 'route: {receiver: a}\nreceivers: [{name: a}]\nrelay: {drain_timeout: 0s}\n';

test.each([
  ['is not loaded without `tracing`', CONFIG, 'not loaded true\n'],
  ['is loaded with it', `${CONFIG}tracing: {endpoint: "http://127.0.0.1:9"}\n`, 'loaded true\n'],
])("OpenTelemetry's SDK %s", async (_what, config, expected) => {
  const running = start(process.execPath, ['--input-type=module', '-e', script(config)]);
  expect([await running.ended, running.output()]).toEqual([0, expected]);
});
