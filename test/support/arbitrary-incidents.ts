import fc from 'fast-check';
import { common, type Incident, type Labels } from '../../src/notification/notification.ts';
import { anAlert, anIncident } from './notifications.ts';

/** Text of any kind that Alertmanager lets through: any Unicode, control characters, blank, and huge. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', ' ', '\n', '\u0000', '\u0001\u001f', '"\\', '\u2028', '🤷🏽‍♀️', '  \t'),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('x', '\u0001', '"', '\\', 'é', '😀', '漢', ' '),
        fc.integer({ min: 1, max: 4000 }),
      )
      .map(([unit, times]) => unit.repeat(times)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300_000 }).map((times) => '😀"'.repeat(times / 3)) },
  { weight: 1, arbitrary: fc.webUrl() },
);

const name = fc.oneof(
  fc.constantFrom('alertname', 'severity', 'instance', 'summary', 'description', 'runbook_url', '__proto__'),
  text,
);

const labels: fc.Arbitrary<Labels> = fc.dictionary(name, text, { maxKeys: 6 });

export const anyIncident: fc.Arbitrary<Incident> = fc
  .record({
    alerts: fc.array(
      fc.record({
        status: fc.constantFrom<'firing' | 'resolved'>('firing', 'resolved'),
        labels,
        annotations: labels,
        startsAtMs: fc.oneof(fc.constant(0), fc.integer({ min: -1e14, max: 8e15 })),
        generatorURL: text,
      }),
      { minLength: 1, maxLength: 5 },
    ),
    groupLabels: labels,
    externalURL: text,
    sender: text,
    truncatedAlerts: fc.nat(),
  })
  .map(({ alerts: parts, ...fields }) => {
    const alerts = parts.map((part) => anAlert(part));
    return anIncident({
      ...fields,
      alerts,
      commonLabels: common(alerts, 'labels'),
      commonAnnotations: common(alerts, 'annotations'),
    });
  });
