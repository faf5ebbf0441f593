import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actionErrors, createErrors, type UpdatedField } from '../../src/sandbox/opsgenie-errors.ts';
import { pagerDutyErrors } from '../../src/sandbox/pagerduty-errors.ts';
import { anyIncident } from '../support/arbitrary-incidents.ts';
import { KEY, notifierOf } from '../support/payloads.ts';

/** Nothing but what the alerts say, in every field. */
const TEXT = '{{ .CommonAnnotations.summary }}{{ .CommonLabels.description }}';

const PEOPLE = [
  { type: 'team', name: TEXT },
  { type: TEXT, id: TEXT },
  { type: 'teams', name: TEXT },
];
const PAGERDUTY = [
  'client',
  'client_url',
  'description',
  'severity',
  'source',
  'class',
  'component',
  'group',
  'dedup_key',
];
const OPSGENIE = [
  'message',
  'description',
  'source',
  'entity',
  'priority',
  'tags',
  'actions',
  'note',
  'alias',
  'close_note',
];
const all = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, TEXT]));

test.each(['text', 'json', 'yaml'])(
  'whatever the alerts say, PagerDuty takes an event that is made of it: details as %s',
  (details_format) => {
    const vendor = notifierOf('pagerduty_configs', {
      routing_key: KEY,
      ...all(PAGERDUTY),
      details_format,
      details: { a: TEXT, b: { c: [TEXT] } },
      images: [
        { src: TEXT, alt: TEXT, href: TEXT },
        { src: `https://a.example/${TEXT}`, alt: TEXT, href: TEXT },
      ],
      links: [
        { href: TEXT, text: TEXT },
        { href: `https://a.example/${TEXT}`, text: TEXT },
      ],
    });
    fc.assert(
      fc.property(anyIncident, fc.boolean(), (incident, reduced) => {
        const key = vendor.incidentKey?.(incident).key ?? incident.key;
        const notification = { action: 'trigger' as const, incident: { ...incident, key } };
        for (const { body } of vendor.prepare(notification, reduced).requests) {
          const text = String(body(KEY));
          expect(pagerDutyErrors(JSON.parse(text))).toEqual([]);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(512_000);
          expect(text.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  },
  30_000,
);

test('whatever the alerts say, Opsgenie takes every call that is made of it', () => {
  const vendor = notifierOf('opsgenie_configs', {
    api_key: KEY,
    ...all(OPSGENIE),
    details: { a: TEXT },
    close_details: { a: TEXT },
    responders: PEOPLE,
    visible_to: PEOPLE,
    update_alerts: true,
  });
  fc.assert(
    fc.property(anyIncident, fc.boolean(), (incident, reduced) => {
      const key = vendor.incidentKey?.(incident).key ?? incident.key;
      for (const action of ['trigger', 'resolve'] as const) {
        for (const { url, body } of vendor.prepare({ action, incident: { ...incident, key } }, reduced)
          .requests) {
          const text = String(body(KEY));
          const call = /\/([a-z]+)\?identifierType=alias$/.exec(url)?.[1];
          const errors =
            call === undefined
              ? createErrors(JSON.parse(text))
              : actionErrors(JSON.parse(text), call === 'close' ? undefined : (call as UpdatedField));
          expect({ call, errors }).toEqual({ call, errors: {} });
          expect(text.isWellFormed()).toBe(true);
        }
      }
    }),
    { numRuns: 150 },
  );
}, 30_000);
