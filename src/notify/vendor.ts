import type { SecretSource } from '../notification/secret.ts';
import type { AnswerRules, Notifier } from './notifier.ts';

/**
 * A kind of integration, as PagerDuty: its settings, its limits, and how to make its notifiers. Validation, docs, metrics and
 * conformance tests follow from this.
 */
export interface Vendor<Settings = never> {
  /** `pagerduty` is configured as `pagerduty_configs`. */
  readonly type: string;
  /** JSON Schema of one entry of the list. Its descriptions are the documentation. */
  readonly settingsSchema: SettingsSchema;
  /** JSON Schema properties that it reads from `global`. */
  readonly globalProperties: Readonly<Record<string, object>>;
  /** The credential's setting, as `routing_key`, and the `global` setting that stands in for it, if any; the header that has it, if one does. */
  readonly credential: {
    readonly setting: string;
    readonly global?: string;
    readonly header?: 'Authorization';
  };
  /** The setting with the credential to read open incidents, where it is another one. */
  readonly readCredential?: string;
  /** The setting that gives incidents a key of the user's making, as `dedup_key`. */
  readonly keySetting: string;
  /** Longest key of an incident, in characters. */
  readonly maxKey: number;
  /** Every name that `Prepared.cuts` can hold. */
  readonly cuttable: readonly string[];
  readonly answers: AnswerRules;
  /** What is wrong with settings that the schema cannot say, each with its path inside them. */
  check?(settings: Settings): readonly SettingsFault[];
  create(settings: Settings, context: NotifierContext): Notifier;
}

export interface SettingsFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The config can be used all the same. */
  readonly warning?: true;
}

export interface NotifierContext {
  readonly credential: SecretSource;
  /** Of the setting `readCredential`. */
  readonly readCredential?: SecretSource | undefined;
  /** The `global` section, validated against `globalProperties`. */
  readonly global: Readonly<Record<string, unknown>>;
}

export interface SettingsSchema {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, object>>;
}
