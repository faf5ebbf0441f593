import { copyFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { printProblem } from '../../src/config/problem.ts';
import { type AppUnderTest, ask, withApp } from '../support/app.ts';
import { tlsFile, tlsText } from '../support/tls.ts';

const CA = { ca: tlsText('ca.pem') };
const certificate = (name: string) => ({
  ...CA,
  cert: tlsText(`${name}.pem`),
  key: tlsText(`${name}-key.pem`),
});

const withTls = (settings: string) => `
tls_server_config:
  cert_file: ${tlsFile('server.pem')}
  key_file: ${tlsFile('server-key.pem')}
${settings}
`;

/** The status of /metrics, or why there was none. */
async function metrics(port: number | undefined, tls: object): Promise<number | string> {
  try {
    return (await ask(port, '/metrics', { tls: tls as Record<string, unknown> })).status;
  } catch {
    return 'no answer';
  }
}

describe('TLS', () => {
  test('is spoken at both addresses, and nothing else', async () => {
    const app = { listenForOperators: { host: '127.0.0.1', port: 0 } };
    await withApp({ web: withTls(''), app }, async ({ ports: [webhooks, operators] }) => {
      expect(await metrics(operators, CA)).toBe(200);
      expect(await metrics(webhooks, CA)).toBe(404);
      expect(await metrics(operators, { ca: tlsText('other-ca.pem') })).toBe('no answer');
      await expect(ask(operators, '/metrics')).rejects.toThrow();
    });
  });

  test.each([
    ['', 200, 200],
    ['  min_version: TLS13', 'no answer', 200],
    ['  max_version: TLS12', 200, 'no answer'],
  ])('versions: %s', async (settings, older, newer) => {
    await withApp({ web: withTls(settings) }, async ({ ports: [port] }) => {
      expect(await metrics(port, { ...CA, maxVersion: 'TLSv1.2' })).toBe(older);
      expect(await metrics(port, { ...CA, minVersion: 'TLSv1.3' })).toBe(newer);
    });
  });

  const CLIENT_CA = `\n  client_ca_file: ${tlsFile('ca.pem')}`;
  test.each([
    ['NoClientCert', '', 200, 200, 200],
    ['RequestClientCert', '', 200, 200, 200],
    ['RequireAnyClientCert', '', 'no answer', 200, 200],
    ['VerifyClientCertIfGiven', CLIENT_CA, 200, 'no answer', 200],
    ['RequireAndVerifyClientCert', CLIENT_CA, 'no answer', 'no answer', 200],
    [
      'RequireAndVerifyClientCert',
      `${CLIENT_CA}\n  client_allowed_sans: [localhost]`,
      'no answer',
      'no answer',
      'no answer',
    ],
  ])('client_auth_type %s%s', async (type, more, without, stranger, own) => {
    const web = withTls(`  client_auth_type: ${type}${more}`);
    await withApp({ web }, async ({ ports: [port] }) => {
      expect(await metrics(port, CA)).toBe(without);
      expect(await metrics(port, certificate('stranger'))).toBe(stranger);
      expect(await metrics(port, certificate('client'))).toBe(own);
    });
  });

  test.each([
    ['[somebody.test, localhost]', 200],
    ['[127.0.0.1]', 200],
    ['["*.test"]', 'no answer'],
  ])('client_allowed_sans %s', async (names, expected) => {
    const web = withTls(
      `  client_auth_type: RequireAndVerifyClientCert${CLIENT_CA}\n  client_allowed_sans: ${names}`,
    );
    await withApp({ web }, async ({ ports: [port] }) => {
      // The server's certificate is the one that has names.
      expect(await metrics(port, certificate('server'))).toBe(expected);
    });
  });
});

describe('a reload', () => {
  const own = 'tls_server_config: { cert_file: cert.pem, key_file: key.pem }\n';
  const start = {
    web: own,
    files: { 'cert.pem': tlsText('server.pem'), 'key.pem': tlsText('server-key.pem') },
  };
  const copy = ({ folder }: AppUnderTest, from: string, to: string) =>
    copyFileSync(tlsFile(from), join(folder, to));

  /** The subject of the certificate that is shown. */
  const subject = (port: number | undefined) =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: port ?? 0, rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on('error', reject);
    });

  test('takes another certificate for new connections', async () => {
    await withApp(start, async (under) => {
      const { app, ports } = under;
      expect(await subject(ports[0])).toBe('pagerelay test only: server');
      copy(under, 'client.pem', 'cert.pem');
      copy(under, 'client-key.pem', 'key.pem');
      expect(await app.reload()).toEqual([]);
      expect(await subject(ports[0])).toBe('pagerelay test only: client');
    });
  });

  test('half of a new certificate changes nothing', async () => {
    await withApp(start, async (under) => {
      copy(under, 'client.pem', 'cert.pem');
      const [problem] = await under.app.reload();
      expect(problem && printProblem(problem)).toMatch(/web.yaml:1:53: \S+ is not the key of cert_file$/);
      expect(await subject(under.ports[0])).toBe('pagerelay test only: server');
    });
  });

  test.each([
    ['basic_auth_users: {}', /:1:1: tls_server_config: whether TLS is spoken takes a restart to change$/],
    [
      own.replace(' }', ', client_auth_type: RequestClientCert }'),
      /:1:1: tls_server_config: client_auth_type takes a restart to change$/,
    ],
  ])('refuses what takes a restart: %s', async (text, message) => {
    await withApp(start, async ({ app, ports, write }) => {
      write('web.yaml', text);
      const [problem] = await app.reload();
      expect(problem && printProblem(problem)).toMatch(message);
      expect(await metrics(ports[0], CA)).toBe(200);
    });
  });

  test('users come and go', async () => {
    await withApp({ web: '' }, async ({ app, ports: [port], write }) => {
      expect((await ask(port, '/metrics')).status).toBe(200);
      write('web.yaml', 'scopes: { metrics: { basic_auth_users: [nobody], bearer_token_files: [token] } }');
      expect((await app.reload()).filter(({ warning }) => !warning)).toHaveLength(1);
      expect((await ask(port, '/metrics')).status).toBe(200);
      write('web.yaml', 'scopes: { metrics: { bearer_token_files: [token] } }');
      expect(await app.reload()).toEqual([]);
      expect((await ask(port, '/metrics')).status).toBe(401);
      write('token', 'a-token');
      expect((await ask(port, '/metrics', { headers: { authorization: 'Bearer a-token' } })).status).toBe(
        200,
      );
    });
  });
});

describe('who takes his time', () => {
  /** In how many ms the server ends a connection over which this is sent. */
  const endsAfter = (port: number | undefined, text: string) =>
    new Promise<number>((resolve) => {
      const began = performance.now();
      const socket = connect({ host: '127.0.0.1', port: port ?? 0 }, () => socket.write(text));
      socket.on('error', () => {});
      socket.resume().on('close', () => resolve(performance.now() - began));
    });

  test('is cut off: with half a line, half of the headers, or half a body', async () => {
    await withApp({}, async ({ ports: [port] }) => {
      const head =
        'POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n';
      const [line, headers, body] = await Promise.all([
        endsAfter(port, 'POST /web'),
        endsAfter(port, head),
        endsAfter(port, `${head}\r\n{`),
      ]);
      expect(line).toBeLessThan(10_000);
      expect(headers).toBeLessThan(10_000);
      expect(body).toBeLessThan(20_000);
    });
  }, 40_000);

  test('a handshake that does not come', async () => {
    await withApp({ web: withTls('') }, async ({ ports: [port] }) => {
      expect(await endsAfter(port, '')).toBeLessThan(10_000);
    });
  }, 30_000);

  test('one connection too many is closed, the others go on', async () => {
    await withApp({ app: { maxConnections: 2 } }, async ({ ports: [port] }) => {
      const idle = connect({ host: '127.0.0.1', port: port ?? 0 });
      const second = connect({ host: '127.0.0.1', port: port ?? 0 });
      await Promise.all([idle, second].map((socket) => new Promise((done) => socket.once('connect', done))));
      expect(await endsAfter(port, '')).toBeLessThan(1_000);
      second.destroy();
      await new Promise((done) => setTimeout(done, 100));
      const { text } = await ask(port, '/metrics');
      expect(text).toContain('pagerelay_connections_dropped_total 1');
      idle.destroy();
    });
  });

  test('who asked once and says nothing more makes room for others', async () => {
    await withApp({ app: { maxConnections: 2 } }, async ({ ports: [port], log }) => {
      const idle = Array.from({ length: 2 }, () => connect({ host: '127.0.0.1', port: port ?? 0 }));
      for (const socket of idle) {
        socket.on('error', () => {});
        socket.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n');
        await new Promise((done) => socket.once('data', done));
      }
      await ask(port, '/-/healthy').catch(() => undefined);
      expect((await ask(port, '/-/healthy')).status).toBe(200);
      expect(log()).toContain('connections dropped');
      for (const socket of idle) socket.destroy();
    });
  });
});
