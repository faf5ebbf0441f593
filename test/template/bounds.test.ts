import { describe, expect, test } from '@jest/globals';
import { templateData } from '../../src/template/data.ts';
import { createFunctions } from '../../src/template/functions.ts';
import { createTemplates } from '../../src/template/templates.ts';
import { anAlert, anIncident } from '../support/notifications.ts';

function render(text: string, description: string, alerts = 1): string | Error {
  const templates = createTemplates([], createFunctions(Date.now));
  if (!('compile' in templates)) throw new Error('the defaults are faulty');
  const template = templates.compile(text);
  if ('message' in template) throw new Error(template.message);
  const all = Array.from({ length: alerts }, (_, i) =>
    anAlert({ annotations: { d: description }, fingerprint: i.toString(16).padStart(16, '0') }),
  );
  return template.render(templateData(anIncident({ alerts: all })));
}

describe('a rendering is bounded, whatever alerts say', () => {
  test.each([
    [
      'matches that each look to the end',
      '{{ reReplaceAll "a.*c|a" "" .CommonAnnotations.d }}',
      'a'.repeat(100_000),
      1,
    ],
    [
      'a regular expression in a loop',
      '{{ range 100000 }}{{ if match "(a|b)*c" $.CommonAnnotations.d }}x{{ end }}{{ end }}',
      'ab'.repeat(50_000),
      1,
    ],
    [
      'a long text in a loop',
      '{{ range 1000000 }}{{ $x := toLower $.CommonAnnotations.d }}{{ end }}',
      'É'.repeat(100_000),
      1,
    ],
    ['all alerts for each alert', '{{ range .Alerts }}{{ len $.Alerts.Firing }}{{ end }}', '', 10_000],
    ['a list that grows', '{{ $l := list 1 }}{{ range 1000000 }}{{ $l = append $l . }}{{ end }}', '', 1],
    ['a text that doubles', '{{ $x := "ab" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}', '', 1],
    ['a loop that does nothing', '{{ range 1000000000 }}{{ end }}', '', 1],
    [
      'templates that call themselves',
      '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
      '',
      1,
    ],
    [
      'a list in a list in a list',
      '{{ $l := list 1 }}{{ range 100 }}{{ $l = list $l $l }}{{ end }}{{ $l }}',
      '',
      1,
    ],
  ])('%s', (_what, text, description, alerts) => {
    const startedAt = performance.now();
    const result = render(text, description, alerts);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(result instanceof Error || result.length <= 1_048_576).toBe(true);
  });

  test('a text that grows longer than any vendor takes ends there', () => {
    expect(
      String(render('{{ range .Alerts }}{{ .Annotations.d }}{{ end }}', 'x'.repeat(100_000), 20)),
    ).toHaveLength(1_048_576);
  });

  test('and what people mean is far from the bounds', () => {
    const text = '{{ template "pagerduty.default.instances" .Alerts.Firing }}{{ len .Alerts.Resolved }}';
    expect(render(text, 'Disk is full', 1000)).not.toBeInstanceOf(Error);
  });
});
