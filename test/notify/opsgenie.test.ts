import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupIncidentKey } from '../../src/notification/incident-key.ts';
import { actionErrors, createErrors } from '../../src/sandbox/opsgenie-errors.ts';
import { anyIncident } from '../support/arbitrary-incidents.ts';
import { anAlert, aResolve, aTrigger, bareIncident } from '../support/notifications.ts';
import { KEY, notifierOf, sent } from '../support/payloads.ts';

type Settings = Readonly<Record<string, unknown>>;
const opsgenie = (settings: Settings = {}, global: Settings = {}) =>
  notifierOf('opsgenie_configs', { api_key: KEY, ...settings }, global);

const SILENCE = `http://alertmanager.example.com/#/silences/new?filter=${encodeURIComponent(
  '{alertname="DiskFull",instance="db-1:9100",severity="critical"}',
)}`;
const LINKS = `Graph: http://prometheus.example.com/graph?g0.expr=up\nSilence: ${SILENCE}`;

const ALERT = {
  alias: '0123456789abcdef',
  message: 'Disk of db-1 is full',
  description: LINKS,
  details: { alertname: 'DiskFull', instance: 'db-1:9100', severity: 'critical' },
  source: 'pagerelay',
  priority: 'P1',
};

const resolved = anAlert({ status: 'resolved' });
const second = anAlert({
  labels: { alertname: 'DiskFull', instance: 'db-2:9100', severity: 'warning' },
  annotations: {},
});

describe('the whole alert', () => {
  test.each([
    ['of a trigger', opsgenie(), aTrigger(), ALERT],
    [
      'of an alert of which nothing is known',
      opsgenie(),
      { action: 'trigger' as const, incident: bareIncident() },
      {
        alias: '0123456789abcdef',
        message: 'Alert 0123456789abcdef',
        details: {},
        source: 'pagerelay',
        priority: 'P3',
      },
    ],
    [
      'of several alerts, of which some were cut from the webhook',
      opsgenie(),
      aTrigger({ alerts: [resolved, second], truncatedAlerts: 7 }),
      {
        ...ALERT,
        message: 'DiskFull',
        description: [
          `Graph: http://prometheus.example.com/graph?g0.expr=up\nSilence: http://alertmanager.example.com/#/silences/new?filter=${encodeURIComponent('{alertname="DiskFull"}')}`,
          '- resolved: Disk of db-1 is full (db-1:9100)\n- firing: DiskFull (db-2:9100)',
        ].join('\n\n'),
        details: { truncated_alerts: '7', alertname: 'DiskFull' },
        priority: 'P3',
      },
    ],
    [
      'with every setting; details take precedence over labels, as in Alertmanager',
      opsgenie({
        message: 'Something is wrong',
        description: 'It really is',
        source: 'prometheus',
        entity: 'api',
        priority: 'p2',
        tags: ' prometheus, db,,',
        actions: 'doThis,doThat',
        note: 'a note',
        details: { cluster: 'eu-1', severity: 'adjusted' },
        responders: [
          { type: 'teams', name: 'TeamA, TeamB,' },
          { type: 'Escalation', id: 'e-1' },
          { type: 'user', username: 'a@example.com' },
        ],
      }),
      aTrigger(),
      {
        alias: ALERT.alias,
        message: 'Something is wrong',
        description: 'It really is',
        details: { cluster: 'eu-1', severity: 'adjusted', alertname: 'DiskFull', instance: 'db-1:9100' },
        source: 'prometheus',
        responders: [
          { type: 'team', name: 'TeamA' },
          { type: 'team', name: 'TeamB' },
          { type: 'escalation', id: 'e-1' },
          { type: 'user', username: 'a@example.com' },
        ],
        tags: ['prometheus', 'db'],
        actions: ['doThis', 'doThat'],
        note: 'a note',
        priority: 'P2',
        entity: 'api',
      },
    ],
  ])('%s', (_what, vendor, notification, alert) => {
    const { body, cuts } = sent(vendor, notification);
    expect(body).toEqual(alert);
    expect({ cuts, errors: createErrors(body) }).toEqual({ cuts: [], errors: {} });
  });

  test('Alertmanager and we name a group alike', () => {
    // notify/opsgenie/opsgenie_test.go: the alias of group key "1".
    expect(groupIncidentKey('1')).toBe('6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b');
  });
});

describe('addresses', () => {
  const JSM = 'https://api.atlassian.com/jsm/ops/integration/v2/alerts';
  const EU = 'https://api.eu.opsgenie.com';
  test.each<[string, Settings, Settings, string]>([
    ['flavor opsgenie', {}, {}, 'https://api.opsgenie.com/v2/alerts'],
    ['flavor jsm', { flavor: 'jsm' }, {}, JSM],
    ['the global address', {}, { opsgenie_api_url: `${EU}/` }, `${EU}/v2/alerts`],
    ['the global address without its slash', {}, { opsgenie_api_url: EU }, `${EU}/v2/alerts`],
    ["flavor jsm, whatever Opsgenie's global address is", { flavor: 'jsm' }, { opsgenie_api_url: EU }, JSM],
    ['its own before both', { flavor: 'jsm', api_url: `${EU}//` }, {}, `${EU}/v2/alerts`],
    ['JSM by its address alone', { api_url: 'https://api.atlassian.com/jsm/ops/integration' }, {}, JSM],
  ])('%s', (_which, settings, global, alerts) => {
    const vendor = opsgenie(settings, global);
    const urls = [aTrigger(), aResolve()].map((notification) => sent(vendor, notification).url);
    expect(urls).toEqual([alerts, `${alerts}/0123456789abcdef/close?identifierType=alias`]);
  });

  test('a close encodes the alias', () => {
    const { url } = sent(opsgenie(), aResolve({ key: 'a/b?c#d é%' }));
    expect(url).toBe(
      'https://api.opsgenie.com/v2/alerts/a%2Fb%3Fc%23d%20%C3%A9%25/close?identifierType=alias',
    );
  });

  test('a close says who closes, and no more', () => {
    const { body, cuts } = sent(opsgenie({ source: 's'.repeat(101), note: 'n' }), aResolve());
    expect(body).toEqual({ source: `${'s'.repeat(99)}…` });
    expect({ cuts, errors: actionErrors(body) }).toEqual({ cuts: ['source'], errors: {} });
  });

  test('the key is in the header and nowhere else', () => {
    const [request] = opsgenie().prepare(aTrigger(), false).requests;
    expect(request?.headers(KEY)).toEqual({
      'Content-Type': 'application/json',
      Authorization: `GenieKey ${KEY}`,
    });
    expect(`${request?.url}${request?.body(KEY)}`).not.toContain(KEY);
  });
});

describe('priority', () => {
  const map = { priority_map: { page: 'P1', ticket: 'P4', warning: 'P2' } };
  test.each<[string, Settings, readonly string[], string, boolean]>([
    ['critical', {}, ['critical'], 'P1', false],
    ['error', {}, ['error'], 'P2', false],
    ['warning', {}, ['Warning'], 'P3', false],
    ['info', {}, ['info'], 'P5', false],
    ['unknown', {}, ['page'], 'P3', true],
    ['missing', {}, [''], 'P3', false],
    ['mapped', map, ['ticket'], 'P4', false],
    ['mapped before the default', map, ['warning'], 'P2', false],
    ['the worst of several', map, ['info', 'ticket', 'page'], 'P1', false],
    ['an unknown one among milder ones', {}, ['info', 'odd'], 'P3', true],
    ['configured', { priority: 'P4' }, ['critical'], 'P4', false],
  ])('%s', (_what, settings, severities, priority, unknownSeverity) => {
    const alerts = severities.map((severity) => anAlert({ labels: { severity } }));
    const result = sent(opsgenie(settings), aTrigger({ alerts }));
    expect([result.body.priority, result.unknownSeverity]).toEqual([priority, unknownSeverity]);
  });
});

// https://docs.opsgenie.com/docs/alert-api, in characters.
describe('limits', () => {
  const long = '😀'.repeat(30_000);
  const cut = (limit: number) => `${'😀'.repeat(limit - 1)}…`;
  test.each<[string, Settings, string, unknown]>([
    ['message', { message: long }, 'message', cut(130)],
    ['description', { description: long }, 'description', cut(15_000)],
    ['source', { source: long }, 'source', cut(100)],
    ['entity', { entity: long }, 'entity', cut(512)],
    ['note', { note: long }, 'note', cut(25_000)],
    ['tags that are too long', { tags: `a,${long}` }, 'tags', ['a', cut(50)]],
    [
      'tags that are too many',
      { tags: Array.from({ length: 25 }, (_, i) => `t${i}`).join() },
      'tags',
      Array.from({ length: 20 }, (_, i) => `t${i}`),
    ],
    [
      'actions that are too many',
      { actions: Array.from({ length: 11 }, (_, i) => `a${i}`).join() },
      'actions',
      Array.from({ length: 10 }, (_, i) => `a${i}`),
    ],
    [
      'responders that are too many',
      { responders: [{ type: 'teams', name: Array.from({ length: 51 }, (_, i) => `t${i}`).join() }] },
      'responders',
      Array.from({ length: 50 }, (_, i) => ({ type: 'team', name: `t${i}` })),
    ],
  ])('%s', (_what, settings, field, value) => {
    const { body, cuts } = sent(opsgenie(settings), aTrigger());
    expect(body[field]).toEqual(value);
    expect({ cuts, errors: createErrors(body) }).toEqual({ cuts: [field], errors: {} });
  });

  test('details over 8,000 characters: the longest is cut, the others stay, and it says so', () => {
    const labels = { alertname: 'DiskFull', huge: long, zone: 'eu-1' };
    const { body, cuts } = sent(
      opsgenie({ details: { own: 'mine' } }),
      aTrigger({ alerts: [anAlert({ labels })] }),
    );
    expect(body.details).toEqual({
      own: 'mine',
      alertname: 'DiskFull',
      huge: expect.stringMatching(/^(😀){3000,}…$/u),
      zone: 'eu-1',
      truncated: "1 texts cut and 0 values left out, to fit Opsgenie's limit",
    });
    expect({ cuts, errors: createErrors(body) }).toEqual({ cuts: ['details'], errors: {} });
  });

  test.each(Array.from({ length: 21 }, (_, i) => 7800 + 20 * i))('details of %i characters fit', (size) => {
    const labels = { a: 'x'.repeat(size - 1) };
    const { body } = sent(opsgenie(), aTrigger({ alerts: [anAlert({ labels })] }));
    expect(createErrors(body)).toEqual({});
  });

  test('reduced, after a 413, description and details are far smaller', () => {
    const alerts = [anAlert({ labels: { a: long }, annotations: { description: long } })];
    const { body, cuts } = sent(opsgenie(), aTrigger({ alerts }), true);
    expect([...JSON.stringify([body.description, body.details])].length).toBeLessThan(2200);
    expect({ cuts: new Set(cuts), errors: createErrors(body) }).toEqual({
      cuts: new Set(['message', 'description', 'details']),
      errors: {},
    });
  });
});

test('whatever the labels and annotations hold, Opsgenie takes the alert and its close', () => {
  const vendor = opsgenie();
  fc.assert(
    fc.property(anyIncident, fc.boolean(), (incident, reduced) => {
      const create = sent(vendor, { action: 'trigger', incident }, reduced);
      const close = sent(vendor, { action: 'resolve', incident }, reduced);
      expect(createErrors(create.body)).toEqual({});
      expect(actionErrors(close.body)).toEqual({});
      expect(create.text.isWellFormed()).toBe(true);
    }),
    { numRuns: 300 },
  );
}, 20_000);
