import { describe, expect, test } from '@jest/globals';
import {
  type Rated,
  rank,
  rate,
  SEVERITIES,
  type Severity,
  severityLabels,
} from '../../src/notification/severity.ts';
import { alert, incident } from '../support/alerts.ts';

const MAP = new Map<string, Severity>([
  ['page', 'critical'],
  ['ticket', 'warning'],
  ['error', 'info'],
]);

describe('rate', () => {
  test.each<[string, readonly string[], Rated]>([
    ['a name of the enum', ['warning'], { severity: 'warning', unknown: false }],
    ['any case, and space around it', [' Critical '], { severity: 'critical', unknown: false }],
    ["the user's name", ['page'], { severity: 'critical', unknown: false }],
    ["the user's name before the enum", ['error'], { severity: 'info', unknown: false }],
    ['the worst of several', ['info', 'ticket', 'page', 'warning'], { severity: 'critical', unknown: false }],
    ['a missing label, which still pages', [''], { severity: 'error', unknown: false }],
    ['no label at all', [], { severity: 'error', unknown: false }],
    ['a value that nobody knows', ['P1'], { severity: 'error', unknown: true }],
    ['an unknown one beside a milder one', ['info', 'P1'], { severity: 'error', unknown: true }],
    ['an unknown one beside a worse one', ['P1', 'critical'], { severity: 'critical', unknown: true }],
    ['a name that every object has', ['constructor'], { severity: 'error', unknown: true }],
  ])('takes %s', (_, texts, expected) => {
    expect(rate(texts, MAP)).toEqual(expected);
  });
});

test('rank orders from worst to mildest', () => {
  expect(SEVERITIES.map(rank)).toEqual([0, 1, 2, 3]);
});

describe('severityLabels', () => {
  const firing = (severity: string) => alert({ labels: { severity } });
  const resolved = (severity: string) => alert({ labels: { severity }, status: 'resolved' });

  test.each([
    ['the one alert, firing', [firing('warning')], ['warning']],
    ['the one alert, resolved', [resolved('warning')], ['warning']],
    ['an alert without the label', [alert({ labels: {} })], ['']],
    ['the firing ones only', [resolved('critical'), firing('info'), resolved('error')], ['info']],
    ['all where none fires', [resolved('critical'), resolved('info')], ['critical', 'info']],
    ['each value once', [firing('info'), firing('warning'), firing('info')], ['info', 'warning']],
  ])('are of %s', (_, alerts, expected) => {
    expect(severityLabels(incident({ alerts }))).toEqual(expected);
  });
});
