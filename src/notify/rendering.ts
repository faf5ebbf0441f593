import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { Incident } from '../notification/notification.ts';
import { templateData } from '../template/data.ts';
import type { Template } from '../template/templates.ts';
import type { Value } from '../template/value.ts';

/** JSON data in which every text is a template. */
export type TemplateTree =
  | Template
  | number
  | boolean
  | null
  | readonly TemplateTree[]
  | { readonly [name: string]: TemplateTree };

/** Settings in the form of a schema, their templates compiled. */
export type Compiled<Schema extends JSONSchema> = FromSchema<
  Schema,
  {
    deserialize: [
      { pattern: { type: 'string'; format: 'template' }; output: Template },
      { pattern: { templates: true }; output: { readonly [name: string]: TemplateTree } },
    ];
  }
>;

/** A template that failed; what it was for is sent without it. */
export interface TemplateFailure {
  readonly setting: string;
  /** In Go's words. */
  readonly message: string;
}

/** The templates of one notification, all over the same data. */
export interface Rendering {
  /** The text of a setting; undefined where it has none, or where its template fails. */
  text(setting: string, template: Template | undefined): string | undefined;
  /** Adds a failure: what a template gave is of no use. */
  fail(setting: string, message: string): void;
  /** What failed so far. */
  readonly failures: readonly TemplateFailure[];
}

export function createRendering(incident: Incident): Rendering {
  const failures: TemplateFailure[] = [];
  let data: Value | undefined;
  return {
    failures,
    text(setting, template) {
      if (template === undefined || template.constant !== undefined) return template?.constant;
      data ??= templateData(incident);
      const text = template.render(data);
      if (typeof text === 'string') return text;
      failures.push({ setting, message: text.message });
      return undefined;
    },
    fail(setting, message) {
      failures.push({ setting, message });
    },
  };
}
