import { describe, expect, test } from '@jest/globals';
import { sha256hex } from '../../src/notification/incident-key.ts';
import { anAlert, anIncident } from '../support/notifications.ts';
import { KEY, notifierOf } from '../support/payloads.ts';

const VENDORS = [
  { list: 'pagerduty_configs', setting: 'dedup_key', limit: 255, credential: 'routing_key' },
  { list: 'opsgenie_configs', setting: 'alias', limit: 512, credential: 'api_key' },
];

describe.each(VENDORS)('$setting', ({ list, setting, limit, credential }) => {
  /** What the setting gives an incident with this label. */
  const given = (template: string, value = '') => {
    const vendor = notifierOf(list, { [credential]: KEY, [setting]: template });
    const labels = { alertname: 'DiskFull', cluster: 'eu-1', value };
    return vendor.incidentKey?.(anIncident({ alerts: [anAlert({ labels })] }));
  };
  const key = (template: string, value?: string) => given(template, value)?.key;

  test('gives the incident its key', () => {
    expect(given('{{ .CommonLabels.cluster }}/{{ .CommonLabels.alertname }}')).toEqual({
      key: 'eu-1/DiskFull',
      templateFailures: [],
    });
  });

  test('is the same for a resolved alert, and whatever the annotations', () => {
    const vendor = notifierOf(list, { [credential]: KEY, [setting]: '{{ .CommonLabels.alertname }}' });
    const alerts = [anAlert(), anAlert({ status: 'resolved', annotations: {} })];
    expect(alerts.map((alert) => vendor.incidentKey?.(anIncident({ alerts: [alert] })).key)).toEqual([
      'DiskFull',
      'DiskFull',
    ]);
  });

  test('without it, incidents keep their own', () => {
    expect(notifierOf(list, { [credential]: KEY }).incidentKey).toBeUndefined();
  });

  test.each([
    ['that is nothing', ''],
    ['that gives nothing', '{{ .CommonLabels.none }}'],
    ['that gives blanks', ' {{ "\\n" }} '],
  ])('a template %s gives none', (_what, template) => {
    expect(given(template)).toEqual({ key: undefined, templateFailures: [] });
  });

  test('a template that fails gives none, and says so', () => {
    expect(given('{{ index .Alerts 9 }}')).toEqual({
      key: undefined,
      templateFailures: [{ setting, message: expect.stringContaining('index out of range: 9') }],
    });
  });

  test('blanks around it do not count', () => {
    expect(key(' {{ .CommonLabels.cluster }}\n')).toBe('eu-1');
  });

  test('up to the limit of the vendor it is sent as it is; beyond, as its SHA-256', () => {
    const fits = '😀'.repeat(limit);
    expect(key('{{ .CommonLabels.value }}', fits)).toBe(fits);
    expect(key('{{ .CommonLabels.value }}', `${fits}x`)).toBe(sha256hex(`${fits}x`));
    // Not cut: what differs at its end only must not meet.
    expect(key('{{ .CommonLabels.value }}', `${fits}y`)).toBe(sha256hex(`${fits}y`));
  });
});
