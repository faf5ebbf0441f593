import type { Alert, Incident, Labels } from '../notification/notification.ts';
import { byByteOrder } from './byte-order.ts';
import { parseAlertTime } from './go-time.ts';
import {
  type GoMap,
  type GoSlice,
  type GoStruct,
  type Method,
  type Methods,
  NO_METHODS,
  type Value,
} from './value.ts';

/** Alertmanager's template data (template/template.go), over the alerts of one incident. Made as it is asked for. */
export function templateData(incident: Incident): Value {
  const { alerts } = incident;
  const status = alerts.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved';
  return struct('template.Data', true, {
    // As Alertmanager posts it: with the characters of regular expressions escaped.
    Receiver: () => incident.sender,
    Status: () => status,
    Alerts: () => alertList('template.Alerts', alerts.map(alertStruct)),
    NotificationReason: () => incident.notificationReason,
    GroupLabels: () => keyValues(incident.groupLabels),
    CommonLabels: () => keyValues(incident.commonLabels),
    CommonAnnotations: () => keyValues(incident.commonAnnotations),
    RouteLabels: () => keyValues(incident.routeLabels),
    ExternalURL: () => incident.externalURL,
  });
}

function alertStruct(alert: Alert): GoStruct {
  return struct('template.Alert', false, {
    Status: () => alert.status,
    Labels: () => keyValues(alert.labels),
    Annotations: () => keyValues(alert.annotations),
    StartsAt: () => parseAlertTime(alert.startsAt),
    EndsAt: () => parseAlertTime(alert.endsAt),
    GeneratorURL: () => alert.generatorURL,
    Fingerprint: () => alert.fingerprint,
  });
}

/** A struct whose fields are made when they are first read. */
function struct(type: string, isPointer: boolean, fields: Readonly<Record<string, () => Value>>): GoStruct {
  const made = new Map<string, Value>();
  return {
    kind: 'struct',
    type,
    isPointer,
    names: Object.keys(fields),
    field(name) {
      let value = made.get(name);
      if (value === undefined) {
        value = fields[name]?.() ?? null;
        made.set(name, value);
      }
      return value;
    },
    methods: NO_METHODS,
  };
}

function method<Self extends Value>(call: (self: Self) => Value): Method {
  return { parameters: [], isVariadic: false, call };
}

function strings(items: readonly string[]): GoSlice {
  return { kind: 'slice', type: '[]string', items, methods: NO_METHODS };
}

function keyValues(labels: Labels): GoMap {
  return keyValueMap(new Map(Object.entries(labels)));
}

function keyValueMap(entries: ReadonlyMap<string, string>): GoMap {
  return {
    kind: 'map',
    type: 'template.KV',
    entries,
    zero: '',
    methods: KEY_VALUE_METHODS,
    text: () => pairsText(sortedPairs(entries)),
  };
}

type Pair = readonly [name: string, value: string];

/** By name, but for `alertname`, which comes first. */
function sortedPairs(entries: ReadonlyMap<string, Value>): readonly Pair[] {
  const names = [...entries.keys()].sort(byByteOrder);
  const ordered = entries.has('alertname')
    ? ['alertname', ...names.filter((name) => name !== 'alertname')]
    : names;
  return ordered.map((name) => [name, String(entries.get(name))]);
}

/** As `a=1, b=2`: what KV and Pairs print as since Alertmanager 0.26. */
function pairsText(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(', ');
}

const KEY_VALUE_METHODS: Methods = new Map([
  ['SortedPairs', method((self: GoMap) => pairList(sortedPairs(self.entries)))],
  ['Names', method((self: GoMap) => strings(sortedPairs(self.entries).map(([name]) => name)))],
  ['Values', method((self: GoMap) => strings(sortedPairs(self.entries).map(([, value]) => value)))],
  ['String', method((self: GoMap) => pairsText(sortedPairs(self.entries)))],
  [
    'Remove',
    {
      parameters: ['[]string'],
      isVariadic: false,
      call(self: GoMap, [names]: readonly [GoSlice]) {
        const removed = new Set(names.items);
        const kept = [...self.entries].filter(([name]) => !removed.has(name));
        return keyValueMap(new Map(kept as [string, string][]));
      },
    } as Method,
  ],
]);

function pairList(pairs: readonly Pair[]): GoSlice {
  return {
    kind: 'slice',
    type: 'template.Pairs',
    items: pairs.map(([name, value]) =>
      struct('template.Pair', false, { Name: () => name, Value: () => value }),
    ),
    methods: PAIRS_METHODS,
    text: (items) => pairsText(pairsOf(items)),
  };
}

/** Read off the items, for `slice` takes some of them. */
function pairsOf(items: readonly Value[]): readonly Pair[] {
  return items.map((item) => {
    const pair = item as GoStruct;
    return [String(pair.field('Name')), String(pair.field('Value'))];
  });
}

const PAIRS_METHODS: Methods = new Map([
  ['Names', method(({ items }: GoSlice) => strings(pairsOf(items).map(([name]) => name)))],
  ['Values', method(({ items }: GoSlice) => strings(pairsOf(items).map(([, value]) => value)))],
  ['String', method(({ items }: GoSlice) => pairsText(pairsOf(items)))],
]);

function alertList(type: string, items: readonly GoStruct[]): GoSlice {
  // Templates ask for them for each of thousands of alerts.
  const parts = new Map<string, GoSlice>();
  const part = (status: string) =>
    method((self: GoSlice) => {
      if (self.items !== items) return withStatus(self, status);
      const known = parts.get(status) ?? withStatus(self, status);
      parts.set(status, known);
      return known;
    });
  const methods = new Map([
    ['Firing', part('firing')],
    ['Resolved', part('resolved')],
  ]);
  return { kind: 'slice', type, items, methods };
}

/** Go gives these as plain `[]Alert`, which has no methods of its own. */
function withStatus({ items }: GoSlice, status: string): GoSlice {
  const kept = items.filter((item) => (item as GoStruct).field('Status') === status);
  return { kind: 'slice', type: '[]template.Alert', items: kept, methods: NO_METHODS };
}
