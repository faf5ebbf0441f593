import { expect, test } from '@jest/globals';
import { createFunctions } from '../../src/template/functions.ts';
import { createTemplates } from '../../src/template/templates.ts';

const FILE = `
{{ define "key" }}{{ .CommonLabels.called }}{{ template "deeper" .GroupLabels }}{{ end }}
{{ define "deeper" }}{{ .deeper }}{{ template "key" . }}{{ end }}
{{ define "uncalled" }}{{ .uncalled }}{{ end }}
`;

function mentionsOf(text: string): ReadonlySet<string> {
  const templates = createTemplates([{ name: 'my.tmpl', text: FILE }], createFunctions(Date.now));
  const compiled = 'compile' in templates ? templates.compile(text) : undefined;
  if (compiled === undefined || 'message' in compiled) throw new Error(compiled?.message);
  return compiled.mentions();
}

test.each<[string, readonly string[]]>([
  ['no action', []],
  ['{{ .CommonLabels.team }}', ['CommonLabels', 'team']],
  ['{{ index .CommonLabels "a.b" `c` }}', ['CommonLabels', 'a.b', 'c']],
  ['{{ $l := .CommonLabels }}{{ $l.team }}{{ $.Status }}', ['CommonLabels', 'Status', 'team']],
  ['{{ (index .Alerts 0).Labels.host | printf "%s-%d" 3 }}', ['%s-%d', 'Alerts', 'Labels', 'host']],
  ['{{ if .a }}{{ .b }}{{ else if .c }}{{ .d }}{{ else }}{{ .e }}{{ end }}', ['a', 'b', 'c', 'd', 'e']],
  [
    '{{ range .a }}{{ break }}{{ else }}{{ .b }}{{ end }}{{ with .c }}{{ .d }}{{ end }}',
    ['a', 'b', 'c', 'd'],
  ],
  ['{{ define "x" }}{{ .own }}{{ end }}{{ template "x" }}', ['own']],
  ['{{ define "x" }}{{ .own }}{{ end }}', []],
  ['{{ template "key" .data }}', ['CommonLabels', 'GroupLabels', 'called', 'data', 'deeper']],
  ['{{ template "nowhere" . }}', []],
])('%s names %j', (text, expected) => {
  expect(mentionsOf(text)).toEqual(new Set(expected));
});
