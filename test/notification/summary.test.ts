import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Incident } from '../../src/notification/notification.ts';
import { summaryOf } from '../../src/notification/summary.ts';
import { incident } from '../support/alerts.ts';
import { anyText } from '../support/texts.ts';

describe('summaryOf', () => {
  test.each<[string, Partial<Incident>, string]>([
    [
      'the summary annotation',
      { commonAnnotations: { summary: ' Disk is full ', description: 'more' } },
      'Disk is full',
    ],
    ['its first line', { commonAnnotations: { summary: '\nDisk is full\non db-1' } }, 'Disk is full'],
    [
      'the first line of the description where the summary is blank',
      { commonAnnotations: { summary: ' \n ', description: '\nDisk\nis full' } },
      'Disk',
    ],
    [
      'name and labels, in one order whatever order they came in',
      { commonLabels: { severity: 'page', instance: 'db-1', alertname: 'DiskFull', empty: '' } },
      'DiskFull (instance=db-1, severity=page)',
    ],
    ['the name alone', { commonLabels: { alertname: 'DiskFull' } }, 'DiskFull'],
    ['labels without a name', { commonLabels: { job: 'db' } }, '(job=db)'],
    [
      "the group's labels where the alerts have none in common",
      { commonLabels: {}, groupLabels: { alertname: 'DiskFull', job: 'db' } },
      'DiskFull (job=db)',
    ],
    ['the key when nothing else is known', { commonLabels: {}, groupLabels: {} }, 'Alert 0123456789abcdef'],
    [
      'no annotation that is only inherited',
      { commonAnnotations: {}, commonLabels: { alertname: 'A' } },
      'A',
    ],
  ])('is %s', (_, given, expected) => {
    expect(summaryOf(incident(given))).toBe(expected);
  });

  test('is one line and never blank, whatever the alert says', () => {
    const labels = fc.dictionary(fc.constantFrom('alertname', 'summary', 'description', 'x'), anyText());
    fc.assert(
      fc.property(labels, labels, labels, (commonLabels, groupLabels, commonAnnotations) => {
        const summary = summaryOf(incident({ commonLabels, groupLabels, commonAnnotations }));
        expect(summary.trim()).not.toBe('');
        expect(summary).not.toContain('\n');
      }),
    );
  });
});
