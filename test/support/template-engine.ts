import type { Incident } from '../../src/notification/notification.ts';
import { templateData } from '../../src/template/data.ts';
import { createFunctions } from '../../src/template/functions.ts';
import { createTemplates } from '../../src/template/templates.ts';
import type { GoStruct, Method, Methods, Value } from '../../src/template/value.ts';
import type { DataSet, TemplateFile } from '../template/corpus.ts';
import { alert, incident } from './alerts.ts';
import type { Rendered } from './amtool.ts';

/** Renders a template in our engine. */
export type RenderHere = (template: string, data: Value) => Rendered;

/** Our engine, with these files of the user after Alertmanager's default templates. */
export function createEngine(files: readonly TemplateFile[]): RenderHere {
  const templates = createTemplates(
    files,
    createFunctions(() => 0),
  );
  if (!('compile' in templates)) throw new Error(templates.map(({ message }) => message).join('\n'));
  return (template, data) => {
    const compiled = templates.compile(template);
    if ('message' in compiled) return { error: compiled.message };
    const text = compiled.render(data);
    return text instanceof Error ? { error: text.message } : { text };
  };
}

/** The data as the relay makes it, but for receiver and status, which it does not take from the webhook. */
export function currentData({ json }: DataSet): GoStruct {
  const given: Incident = incident({
    alerts: json.alerts.map((each) => alert({ ...each, status: each.status as 'firing' | 'resolved' })),
    groupLabels: json.groupLabels,
    commonLabels: json.commonLabels,
    commonAnnotations: json.commonAnnotations,
    externalURL: json.externalURL,
  });
  const data = templateData(given) as GoStruct;
  const own = new Map<string, Value>([
    ['Receiver', json.receiver],
    ['Status', json.status],
  ]);
  return { ...data, field: (name) => own.get(name) ?? data.field(name) };
}

/**
 * The data as amtool 0.25 has it: not a pointer, without fields that came later, and with label sets and pairs that have
 * no String method yet (since 0.26).
 */
export function dataOf025(set: DataSet): Value {
  return asIn025({ ...currentData(set), isPointer: false });
}

const LATER_FIELDS = ['NotificationReason', 'RouteLabels'];

function asIn025(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  switch (value.kind) {
    case 'struct':
      return {
        ...value,
        names: value.names.filter((name) => !LATER_FIELDS.includes(name)),
        field: (name) => asIn025(value.field(name)),
      };
    case 'slice': {
      const { text: _later, ...rest } = value;
      return { ...rest, items: value.items.map(asIn025), methods: methodsIn025(value.methods) };
    }
    case 'map': {
      const { text: _later, ...rest } = value;
      return { ...rest, methods: methodsIn025(value.methods) };
    }
    default:
      return value;
  }
}

function methodsIn025(methods: Methods): Methods {
  const kept = [...methods].filter(([name]) => name !== 'String');
  return new Map(
    kept.map(([name, method]): [string, Method] => [name, { ...method, call: resultIn025(method.call) }]),
  );
}

function resultIn025(call: Method['call']): Method['call'] {
  return (self, args) => {
    const result = call(self, args);
    return result instanceof Error ? result : asIn025(result);
  };
}
