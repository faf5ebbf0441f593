import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createParseWebhook } from '../../src/webhook/webhook.ts';
import { webhookReader } from '../support/webhook-body.ts';

const MAX_ALERTS = 3;
const read = webhookReader(createParseWebhook(), MAX_ALERTS);
const ALERT = { status: 'firing', labels: {} };
const GOOD = { version: '4', groupKey: 'k', alerts: [ALERT] };
const oneAlert = (alert: unknown) => ({ ...GOOD, alerts: [ALERT, alert] });

describe('a body that is no webhook is refused, naming what is wrong', () => {
  test.each<[string, unknown, string]>([
    ['an empty body', '', 'the body is empty'],
    ['blanks', ' \n', 'the body is not valid JSON'],
    ['half of the JSON', '{"version":"4"', 'the body is not valid JSON'],
    ['a form', 'payload=%7B%7D', 'the body is not valid JSON'],
    ['a byte order mark', '\ufeff{}', 'the body is not valid JSON'],
    ['invalid UTF-8', Buffer.from('{"version":"\xff"}', 'latin1'), 'the body is not valid UTF-8'],
    ['a surrogate written as UTF-8', Buffer.from('22eda08022', 'hex'), 'the body is not valid UTF-8'],
    ['a list', [], 'the body must be object'],
    ['null', null, 'the body must be object'],
    ['a number', 5, 'the body must be object'],
    ['a text', '"webhook"', 'the body must be object'],
    ['an empty object', {}, 'version is missing'],
    ['Slack', { text: 'hello' }, 'version is missing'],
    ['no groupKey', { version: '4', alerts: [] }, 'groupKey is missing'],
    ['no alerts', { version: '4', groupKey: 'k' }, 'alerts is missing'],
    ['another version', { ...GOOD, version: '3' }, 'version must be one of "4", "1"'],
    ['a version that is a number', { ...GOOD, version: 4 }, 'version must be one of "4", "1"'],
    ['an empty groupKey', { ...GOOD, groupKey: '' }, 'groupKey must NOT have fewer than 1 characters'],
    ['a groupKey that is null', { ...GOOD, groupKey: null }, 'groupKey must be string'],
    ['alerts that are null', { ...GOOD, alerts: null }, 'alerts must be array'],
    ['alerts that are an object', { ...GOOD, alerts: {} }, 'alerts must be array'],
    // No alert was counted here, so this is the wrong form and not too many.
    ['alerts that claim a length', { ...GOOD, alerts: { length: 99 } }, 'alerts must be array'],
    ['alerts that are a long text', { ...GOOD, alerts: 'firing' }, 'alerts must be array'],
    ['an alert that is a number', oneAlert(5), 'alerts[1] must be object'],
    ['an alert that is a list', oneAlert([]), 'alerts[1] must be object'],
    ['an alert without status', oneAlert({ labels: {} }), 'alerts[1].status is missing'],
    ['an alert without labels', oneAlert({ status: 'firing' }), 'alerts[1].labels is missing'],
    [
      'an alert in another state',
      oneAlert({ ...ALERT, status: 'suppressed' }),
      'alerts[1].status must be one of "firing", "resolved"',
    ],
    ['labels that are null', oneAlert({ ...ALERT, labels: null }), 'alerts[1].labels must be object'],
    ['labels that are a list', oneAlert({ ...ALERT, labels: [] }), 'alerts[1].labels must be object'],
    [
      'a label that is a number',
      oneAlert({ ...ALERT, labels: { team: 5 } }),
      'alerts[1].labels.team must be string',
    ],
    [
      'a label that is null',
      oneAlert({ ...ALERT, labels: { team: null } }),
      'alerts[1].labels.team must be string',
    ],
    [
      'a label with a strange name',
      oneAlert({ ...ALERT, labels: { 'a/b~c': {} } }),
      'alerts[1].labels.a/b~c must be string',
    ],
    [
      'an annotation that is an object',
      oneAlert({ ...ALERT, annotations: { summary: { en: 'x' } } }),
      'alerts[1].annotations.summary must be string',
    ],
    ['a time that is a number', oneAlert({ ...ALERT, startsAt: 1 }), 'alerts[1].startsAt must be string'],
    ['a negative count', { ...GOOD, truncatedAlerts: -1 }, 'truncatedAlerts must be >= 0'],
    ['a broken count', { ...GOOD, truncatedAlerts: 1.5 }, 'truncatedAlerts must be integer'],
    ['group labels that are a list', { ...GOOD, groupLabels: [] }, 'groupLabels must be object'],
    [
      '__proto__ as a label with a number',
      `{"version":"4","groupKey":"k","alerts":[{"status":"firing","labels":{"__proto__":5}}]}`,
      'alerts[0].labels.__proto__ must be string',
    ],
    [
      '__proto__ in place of the fields',
      `{"__proto__":{"version":"4","groupKey":"k","alerts":[]}}`,
      'version is missing',
    ],
  ])('%s', (_, body, message) => {
    expect(read(body)).toEqual({ status: 400, message: `not an Alertmanager webhook: ${message}` });
  });

  test('a name longer than a line is cut in the message', () => {
    const body = oneAlert({ ...ALERT, labels: { ['x'.repeat(1000)]: 5 } });
    expect(read(body)).toEqual({
      status: 400,
      message: `not an Alertmanager webhook: alerts[1].labels.${'x'.repeat(120 - 'alerts[1].labels.'.length)} must be string`,
    });
  });

  test('too many alerts are refused with 413 and both numbers', () => {
    expect(read({ ...GOOD, alerts: [ALERT, ALERT, ALERT] })).not.toHaveProperty('status');
    expect(read({ ...GOOD, alerts: [ALERT, ALERT, ALERT, ALERT] })).toEqual({
      status: 413,
      message: '4 alerts are more than relay.max_alerts allows (3)',
    });
  });

  test('nothing makes it throw: any JSON and any bytes are read or refused', () => {
    const nested = fc.record({
      version: fc.constant('4'),
      groupKey: fc.constant('k'),
      alerts: fc.jsonValue(),
    });
    const body = fc.oneof(
      fc.jsonValue(),
      nested,
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(body, (given) => {
        const result = read(given);
        expect('status' in result ? typeof result.message : typeof result.groupKey).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});
