import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isWebURL, linksOf, MAX_URL_LENGTH } from '../../src/notification/links.ts';
import type { Labels } from '../../src/notification/notification.ts';
import { parseMatchers } from '../../src/route/matcher.ts';
import { alert, incident } from '../support/alerts.ts';
import { anyText } from '../support/texts.ts';

describe('isWebURL', () => {
  test.each([
    'http://a',
    'https://runbooks.example/disk?x=1&y=%20#top',
    'HTTPS://EXAMPLE.COM',
    'http://[::1]:9090/graph?g0.expr=up%3D%3D0',
    'https://例え.jp/頁',
    `https://a/${'x'.repeat(MAX_URL_LENGTH - 10)}`,
  ])('takes %s', (href) => {
    expect(isWebURL(href)).toBe(true);
  });

  test.each([
    '',
    'javascript:alert(1)',
    'JavaScript://example.com/%0aalert(1)',
    'data:text/html,<script>',
    'file:///etc/passwd',
    'ftp://a',
    '//example.com',
    'example.com',
    'https:',
    'https://',
    'https:///path',
    'http://?q',
    'http://#x',
    ' https://a',
    'https://a\n',
    'https://a b',
    'https://a/"onclick="x',
    'https://a/<b>',
    'https://a/{{x}}',
    'https://a|b',
    'https://a\\b',
    'https://a/`x`',
    `https://a/${'x'.repeat(MAX_URL_LENGTH - 9)}`,
  ])('refuses %j', (href) => {
    expect(isWebURL(href)).toBe(false);
  });
});

describe('linksOf', () => {
  test('lists runbook, dashboard, graph and silence, in this order', () => {
    const given = incident({
      alerts: [alert({ generatorURL: 'http://prometheus/graph?x' }), alert({ generatorURL: 'http://other' })],
      commonLabels: { alertname: 'A', instance: 'x:9100' },
      commonAnnotations: { dashboard_url: 'https://grafana/d/1', runbook_url: 'https://wiki/A' },
      externalURL: 'http://alertmanager:9093/am/',
    });
    const filter = encodeURIComponent('{alertname="A",instance="x:9100"}');
    expect(linksOf(given)).toEqual([
      { text: 'Runbook', href: 'https://wiki/A' },
      { text: 'Dashboard', href: 'https://grafana/d/1' },
      { text: 'Graph', href: 'http://prometheus/graph?x' },
      { text: 'Silence', href: `http://alertmanager:9093/am/#/silences/new?filter=${filter}` },
    ]);
  });

  test.each([
    ['nothing is known', {}],
    ['Alertmanager did not say where it is', { externalURL: '' }],
    ['its address is no web address', { externalURL: 'javascript:alert(1)//' }],
    ['there is no label to silence by', { externalURL: 'http://am', commonLabels: {} }],
    [
      'the labels are too long for an address',
      { externalURL: 'http://am', commonLabels: { a: 'x'.repeat(MAX_URL_LENGTH) } },
    ],
    ['annotations hold scripts', { commonAnnotations: { runbook_url: 'javascript:alert(1)' } }],
  ])('is empty where %s', (_, given) => {
    expect(linksOf(incident(given))).toEqual([]);
  });
});

/** What Alertmanager reads in the filter of the silence link: no more and no less than the alert's labels. */
function silenced(commonLabels: Labels): unknown {
  const [link] = linksOf(incident({ externalURL: 'http://am', commonLabels }));
  const filter = decodeURIComponent(link?.href.split('filter=')[1] ?? '');
  const parsed = parseMatchers(filter);
  if (parsed instanceof Error) return parsed.message;
  return {
    matchers: parsed.matchers.map(({ name, operator, value }) => [name, operator, value]),
    warning: parsed.warning,
  };
}

function equalityOn(labels: Labels): unknown {
  return { matchers: Object.entries(labels).map(([name, value]) => [name, '=', value]), warning: undefined };
}

describe('the silence link', () => {
  test.each<[string, Labels]>([
    ['quotes and backslashes', { a: 'say "hi" \\ bye' }],
    ['a line break', { a: 'one\ntwo' }],
    ['commas and braces', { a: 'x,y}', b: '{z' }],
    ['characters that mean something in an address', { a: '#/?&=%20+' }],
    ['what looks like another matcher', { a: '",severity=~".*' }],
    ['a tab beside a quote', { a: '"\t"' }],
    // Label names may be any UTF-8 since Alertmanager 0.27. A name like the last one would silence everything.
    ['a name that is not ASCII', { größe: '1' }],
    ['a name with a space', { 'my label': '1' }],
    ['a name that looks like a matcher for everything', { 'alertname=~".*",x': '1' }],
  ])('silences exactly the labels: %s', (_, labels) => {
    expect(silenced(labels)).toEqual(equalityOn(labels));
  });

  test('silences exactly the labels, whatever the values', () => {
    fc.assert(
      fc.property(anyText(), anyText(), (a, b) => {
        expect(silenced({ a, b })).toEqual(equalityOn({ a, b }));
      }),
    );
  });

  test('silences exactly the labels, whatever the names', () => {
    fc.assert(
      fc.property(anyText(1), (name) => {
        fc.pre(name !== '__proto__');
        expect(silenced({ [name]: 'x' })).toEqual(equalityOn({ [name]: 'x' }));
      }),
    );
  });
});
