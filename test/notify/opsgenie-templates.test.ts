import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { actionErrors, createErrors, type UpdatedField } from '../../src/sandbox/opsgenie-errors.ts';
import { withFolder } from '../support/folder.ts';
import { anAlert, aResolve, aTrigger } from '../support/notifications.ts';
import { allSent, KEY, notifierOf, type SentRequests, sent } from '../support/payloads.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Like Alertmanager's alerts, which have nothing but what is set. */
const opsgenie = (settings: Settings = {}, templates: readonly string[] = []) =>
  notifierOf('opsgenie_configs', { api_key: KEY, enrich: false, ...settings }, {}, templates);

const ALERTS = 'https://api.opsgenie.com/v2/alerts';
const ALERT_URL = `${ALERTS}/0123456789abcdef`;
const NONE = '{{ .CommonLabels.none }}';
const FAILS = '{{ index .Alerts 9 }}';

/** What Opsgenie finds wrong with the requests; nothing is expected. */
function errors({ requests }: SentRequests): readonly object[] {
  return requests
    .map(({ url, body }) => {
      const action = /\/([a-z]+)\?/.exec(url)?.[1];
      if (action === undefined) return createErrors(body);
      return actionErrors(body, action === 'close' ? undefined : (action as UpdatedField));
    })
    .filter((found) => Object.keys(found).length > 0);
}

// The alert of notify/opsgenie/opsgenie_test.go (99-230), whose labels say all that is to be sent.
const LABELS = {
  Message: 'message',
  Description: 'description',
  Source: 'http://prometheus',
  Tags: 'tag1,tag2',
  Note: 'this is a note',
  Priority: 'P1',
  Entity: 'test-domain',
  Actions: 'doThis,doThat',
  ResponderName1: 'TeamA',
  ResponderType1: 'team',
  ResponderName2: 'EscalationA',
  ResponderType2: 'escalation',
  ResponderName3: 'TeamB,TeamC',
  ResponderType3: 'teams',
};
const label = (name: string) => `{{ .CommonLabels.${name} }}`;
const EVERY_FIELD = {
  message: label('Message'),
  description: label('Description'),
  source: label('Source'),
  entity: label('Entity'),
  tags: label('Tags'),
  actions: label('Actions'),
  note: label('Note'),
  priority: label('Priority'),
  responders: [
    { name: label('ResponderName1'), type: label('ResponderType1') },
    { name: label('ResponderName2'), type: label('ResponderType2') },
  ],
};
const TRIGGER = aTrigger({ alerts: [anAlert({ labels: LABELS, annotations: {} })] });
const BODY = {
  alias: '0123456789abcdef',
  message: 'message',
  description: 'description',
  details: LABELS,
  source: 'http://prometheus',
  responders: [
    { name: 'TeamA', type: 'team' },
    { name: 'EscalationA', type: 'escalation' },
  ],
  tags: ['tag1', 'tag2'],
  note: 'this is a note',
  priority: 'P1',
  entity: 'test-domain',
  actions: ['doThis', 'doThat'],
};

const bare = aTrigger({ alerts: [anAlert({ labels: {}, annotations: {} })] });

describe('a create', () => {
  test.each<[string, Settings, typeof TRIGGER, object]>([
    // Alertmanager sends an empty message, which Opsgenie refuses.
    [
      'of an alert without labels has what Opsgenie needs, and no more',
      { ...EVERY_FIELD, source: NONE },
      bare,
      { alias: '0123456789abcdef', message: 'DiskFull', details: {}, source: '' },
    ],
    ['has every field as a template', EVERY_FIELD, TRIGGER, BODY],
    [
      'has own details before the common labels',
      {
        ...EVERY_FIELD,
        details: { Description: 'adjusted {{ .Status }}', extra: label('Source'), empty: NONE },
      },
      TRIGGER,
      {
        ...BODY,
        details: { ...LABELS, Description: 'adjusted firing', extra: 'http://prometheus', empty: '' },
      },
    ],
    [
      'makes several teams of `teams`',
      {
        ...EVERY_FIELD,
        responders: [{ name: label('ResponderName3'), type: label('ResponderType3') }],
        visible_to: [{ name: ' {{ "x, y" }},', type: 'Teams' }],
      },
      TRIGGER,
      {
        ...BODY,
        responders: [
          { name: 'TeamB', type: 'team' },
          { name: 'TeamC', type: 'team' },
        ],
        visibleTo: [
          { name: 'x', type: 'team' },
          { name: 'y', type: 'team' },
        ],
      },
    ],
    [
      'names people by templates, in any way',
      {
        ...EVERY_FIELD,
        responders: [
          { id: '{{ "4513b7ea" }}', type: '{{ "USER" }}' },
          { username: '{{ .Status }}@example.com', type: 'User' },
          { name: 'Nights', type: ' {{ "schedule" }}\n' },
        ],
        visible_to: [
          { username: '{{ .Status }}@example.com', type: '{{ "User" }}' },
          { id: '{{ "t-1" }}', type: 'team' },
        ],
      },
      TRIGGER,
      {
        ...BODY,
        responders: [
          { id: '4513b7ea', type: 'user' },
          { username: 'firing@example.com', type: 'user' },
          { name: 'Nights', type: 'schedule' },
        ],
        visibleTo: [
          { username: 'firing@example.com', type: 'user' },
          { id: 't-1', type: 'team' },
        ],
      },
    ],
    [
      'leaves out whoever has no name, and empty lists',
      {
        ...EVERY_FIELD,
        responders: [
          { name: NONE, type: 'team' },
          { name: '{{ " " }}', id: NONE, username: NONE, type: 'user' },
          { name: '{{ ", ," }}', type: 'teams' },
          { name: NONE, type: NONE },
        ],
        visible_to: [{ name: NONE, type: 'team' }],
        tags: ',{{ " " }},',
        actions: NONE,
      },
      TRIGGER,
      { ...BODY, responders: undefined, tags: undefined, actions: undefined },
    ],
    [
      'leaves out what a template leaves blank',
      {
        ...EVERY_FIELD,
        description: '{{ "\\n " }}',
        note: NONE,
        priority: '{{ " " }}',
        entity: NONE,
        enrich: true,
      },
      TRIGGER,
      { ...BODY, description: undefined, note: undefined, priority: undefined, entity: undefined },
    ],
  ])('%s', (_what, settings, trigger, body) => {
    const all = allSent(opsgenie(settings), trigger);
    expect(all.requests).toEqual([{ method: 'POST', url: ALERTS, body, isExtra: false }]);
    expect({ errors: errors(all), templateFailures: all.templateFailures }).toEqual({
      errors: [],
      templateFailures: [],
    });
  });

  test('may call templates of a file', () => {
    const names = [
      'message',
      'description',
      'source',
      'entity',
      'tags',
      'actions',
      'note',
      'priority',
    ] as const;
    const defined = names.map((name) => `{{ define "my.${name}" }}${EVERY_FIELD[name]}{{ end }}`).join('\n');
    const called = Object.fromEntries(names.map((name) => [name, `{{ template "my.${name}" . }}`]));
    const { body } = withFolder({ 'my.tmpl': defined }, (folder) =>
      sent(opsgenie({ ...EVERY_FIELD, ...called }, [join(folder, 'my.tmpl')]), TRIGGER),
    );
    expect(body).toEqual(BODY);
  });

  // What `import` writes out, for whoever comes from Alertmanager (config/config.go, DefaultOpsGenieConfig).
  test("set to Alertmanager's own defaults, the alert is Alertmanager's", () => {
    const settings = {
      message: '{{ template "opsgenie.default.message" . }}',
      description: '{{ template "opsgenie.default.description" . }}',
      source: '{{ template "opsgenie.default.source" . }}',
    };
    const alerts = [anAlert({ labels: { alertname: 'DiskFull', severity: 'warning' } })];
    const all = allSent(opsgenie(settings), aTrigger({ alerts }));
    expect(all.requests.map(({ body }) => body)).toEqual([
      {
        alias: '0123456789abcdef',
        message: '[FIRING:1] DiskFull (warning)',
        description:
          'Disk of db-1 is full\nAlerts Firing:\nLabels:\n - alertname = DiskFull\n - severity = warning\nAnnotations:\n - summary = Disk of db-1 is full\nSource: http://prometheus.example.com/graph?g0.expr=up\n\n',
        details: { alertname: 'DiskFull', severity: 'warning' },
        source: 'http://alertmanager.example.com/#/alerts?receiver=pagerelay',
      },
    ]);
  });

  test.each([
    ['an alert', 'alert' as const, [anAlert()], 'DiskFull db-1:9100 firing'],
    [
      'labels or a group',
      'group' as const,
      [anAlert(), anAlert({ status: 'resolved', labels: { alertname: 'DiskFull', instance: 'db-2:9100' } })],
      'DiskFull  firing,resolved',
    ],
  ])('has the data of one incident: by %s', (_what, granularity, alerts, message) => {
    const template =
      '{{ .CommonLabels.alertname }} {{ .CommonLabels.instance }} {{ range $i, $a := .Alerts }}{{ if $i }},{{ end }}{{ $a.Status }}{{ end }}';
    expect(sent(opsgenie({ message: template }), aTrigger({ granularity, alerts })).body.message).toBe(
      message,
    );
  });
});

describe('priority', () => {
  const map = { priority_map: { page: 'P2', constructor: 'P4' } };
  test.each<[string, Settings, string | undefined, boolean]>([
    ['of a label', { priority: '{{ .CommonLabels.severity }}' }, 'P1', false],
    ['in lower case, with blanks', { priority: ' {{ "p4" }}\n' }, 'P4', false],
    ['through the map', { ...map, priority: '{{ "page" }}' }, 'P2', false],
    [
      'through the map, by a name that every object has',
      { ...map, priority: '{{ "constructor" }}' },
      'P4',
      false,
    ],
    ['by a name that every object has', { priority: '{{ "constructor" }}' }, 'P3', true],
    ['that is unknown', { priority: 'P{{ 6 }}' }, 'P3', true],
    ['that is blank: left to Opsgenie', { priority: NONE }, undefined, false],
    ['that fails: of the severity', { priority: FAILS, enrich: true }, 'P1', false],
    ['that nobody asks for', {}, undefined, false],
  ])('%s', (_what, settings, priority, unknownSeverity) => {
    const result = sent(opsgenie(settings), aTrigger());
    expect([result.body.priority, result.unknownSeverity]).toEqual([priority, unknownSeverity]);
  });
});

describe('update_alerts', () => {
  const settings = {
    update_alerts: true,
    message: 'new {{ .Status }} message',
    description: 'new description',
  };
  const urlOf = (action: string) => `${ALERT_URL}/${action}?identifierType=alias`;

  // notify/opsgenie/opsgenie_test.go, 277.
  test('creates, then sets message and description', () => {
    const all = allSent(opsgenie(settings), TRIGGER);
    const [create, ...updates] = all.requests;
    expect(create).toMatchObject({ method: 'POST', url: ALERTS, isExtra: false });
    expect(updates).toEqual([
      { method: 'PUT', url: urlOf('message'), body: { message: 'new firing message' }, isExtra: true },
      { method: 'PUT', url: urlOf('description'), body: { description: 'new description' }, isExtra: true },
    ]);
    expect(errors(all)).toEqual([]);
  });

  test('sets no description where there is none, which Opsgenie would refuse', () => {
    const all = allSent(opsgenie({ ...settings, description: NONE }), TRIGGER);
    expect(all.requests.map(({ url }) => url)).toEqual([ALERTS, urlOf('message')]);
    expect(errors(all)).toEqual([]);
  });

  test('sets what is within the limits, by an alias that is encoded', () => {
    const long = { ...settings, message: 'x'.repeat(200), description: '😀'.repeat(20_000) };
    const all = allSent(opsgenie(long), aTrigger({ key: 'a/b c' }));
    expect(errors(all)).toEqual([]);
    expect(all.requests.slice(1).map(({ url }) => url)).toEqual([
      `${ALERTS}/a%2Fb%20c/message?identifierType=alias`,
      `${ALERTS}/a%2Fb%20c/description?identifierType=alias`,
    ]);
  });

  test('has no part in a close', () => {
    expect(allSent(opsgenie(settings), aResolve()).requests).toEqual([
      { method: 'POST', url: urlOf('close'), body: { source: 'pagerelay' }, isExtra: false },
    ]);
  });
});

describe('a close', () => {
  const RESOLVE = aResolve({ alerts: [anAlert({ status: 'resolved', labels: LABELS })] });
  const CLOSE_URL = `${ALERT_URL}/close?identifierType=alias`;
  const DETAILS_URL = `${ALERT_URL}/details?identifierType=alias`;

  test('has source and note as templates', () => {
    const all = allSent(
      opsgenie({ source: label('Source'), close_note: '{{ .Status }} at last', note: 'n' }),
      RESOLVE,
    );
    expect(all.requests).toEqual([
      {
        method: 'POST',
        url: CLOSE_URL,
        body: { source: 'http://prometheus', note: 'resolved at last' },
        isExtra: false,
      },
    ]);
  });

  test('adds details before it, for afterwards the alias finds nothing', () => {
    const close_details = { ended: '{{ .Status }}', by: label('Source'), none: NONE };
    const all = allSent(opsgenie({ close_details }), RESOLVE);
    expect(all.requests).toEqual([
      {
        method: 'POST',
        url: DETAILS_URL,
        body: { details: { ended: 'resolved', by: 'http://prometheus', none: '' }, source: 'pagerelay' },
        isExtra: true,
      },
      { method: 'POST', url: CLOSE_URL, body: { source: 'pagerelay' }, isExtra: false },
    ]);
    expect(errors(all)).toEqual([]);
  });

  test('adds none where none are set, or on a create', () => {
    expect(allSent(opsgenie({ close_details: {} }), RESOLVE).requests).toHaveLength(1);
    expect(allSent(opsgenie({ close_details: { a: 'b' }, close_note: 'c' }), TRIGGER).requests).toEqual([
      expect.objectContaining({ url: ALERTS, body: expect.not.objectContaining({ note: 'c' }) }),
    ]);
  });

  test('is within the limits', () => {
    const alerts = [anAlert({ status: 'resolved', annotations: { long: '😀'.repeat(30_000) } })];
    const long = '{{ .CommonAnnotations.long }}';
    const vendor = opsgenie({ close_note: long, close_details: { long, short: 'kept' }, source: long });
    const all = allSent(vendor, aResolve({ alerts }));
    expect(errors(all)).toEqual([]);
    expect(all.requests[0]?.body.details).toMatchObject({
      short: 'kept',
      truncated: expect.stringContaining('1 texts cut'),
    });
    expect(new Set(vendor.prepare(aResolve({ alerts }), false).cuts)).toEqual(
      new Set(['details', 'note', 'source']),
    );
  });

  test('whose templates fail closes all the same', () => {
    const all = allSent(
      opsgenie({ source: FAILS, close_note: FAILS, close_details: { a: FAILS, b: 'c' } }),
      RESOLVE,
    );
    expect(all.requests.map(({ body }) => body)).toEqual([
      { details: { a: '', b: 'c' }, source: 'pagerelay' },
      { source: 'pagerelay' },
    ]);
    expect(new Set(all.templateFailures.map(({ setting }) => setting))).toEqual(
      new Set(['source', 'close_note', 'close_details.a']),
    );
    expect(errors(all)).toEqual([]);
  });

  test('at JSM has the note, too', () => {
    const [close] = allSent(opsgenie({ flavor: 'jsm', close_note: 'over' }), RESOLVE).requests;
    expect(close).toMatchObject({
      url: 'https://api.atlassian.com/jsm/ops/integration/v2/alerts/0123456789abcdef/close?identifierType=alias',
      body: { source: 'pagerelay', note: 'over' },
    });
  });
});

describe('a template that fails', () => {
  test('leaves its field to the default, and says so; the alert is sent', () => {
    const vendor = opsgenie({
      ...Object.fromEntries(
        ['message', 'description', 'source', 'entity', 'tags', 'actions', 'note', 'priority'].map((name) => [
          name,
          FAILS,
        ]),
      ),
      details: { bad: FAILS, good: '{{ .Status }}' },
      responders: [
        { name: FAILS, type: 'team' },
        { name: 'TeamA', type: FAILS },
        { name: 'TeamB', id: FAILS, type: 'team' },
      ],
      visible_to: [{ name: FAILS, type: 'team' }],
      enrich: true,
    });
    const all = allSent(vendor, aTrigger());
    expect(all.requests.map(({ body }) => body)).toEqual([
      {
        alias: '0123456789abcdef',
        message: 'Disk of db-1 is full',
        description: expect.stringMatching(/^Graph: http:/),
        details: {
          alertname: 'DiskFull',
          instance: 'db-1:9100',
          severity: 'critical',
          bad: '',
          good: 'firing',
        },
        source: 'pagerelay',
        responders: [{ name: 'TeamB', type: 'team' }],
        priority: 'P1',
      },
    ]);
    expect(errors(all)).toEqual([]);
    expect(new Set(all.templateFailures.map(({ setting }) => setting))).toEqual(
      new Set([
        'message',
        'description',
        'source',
        'entity',
        'tags',
        'actions',
        'note',
        'priority',
        'details.bad',
        'responders.name',
        'responders.type',
        'responders.id',
        'visible_to.name',
      ]),
    );
  });

  // Opsgenie would refuse the whole alert.
  test.each([
    ['responders', 'squad', 'team, teams, user, escalation, schedule'],
    ['responders', 'constructor', 'team, teams, user, escalation, schedule'],
    ['responders', '', 'team, teams, user, escalation, schedule'],
    ['visible_to', 'schedule', 'team, teams, user'],
  ])('so does a type of %s that Opsgenie does not have: %j', (setting, type, allowed) => {
    const alerts = [anAlert({ labels: { type } })];
    const vendor = opsgenie({
      [setting]: [
        { name: 'A', type: label('type') },
        { name: 'B', type: 'team' },
      ],
    });
    const all = allSent(vendor, aTrigger({ alerts }));
    expect(errors(all)).toEqual([]);
    expect(all.requests[0]?.body[setting === 'responders' ? 'responders' : 'visibleTo']).toEqual([
      { name: 'B', type: 'team' },
    ]);
    expect(all.templateFailures).toEqual([
      { setting: `${setting}.type`, message: `must be one of ${allowed} (got ${JSON.stringify(type)})` },
    ]);
  });
});
