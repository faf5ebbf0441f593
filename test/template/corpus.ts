import { readdirSync, readFileSync } from 'node:fs';

/** Incident data in Alertmanager's JSON form. */
export interface DataSet {
  readonly name: string;
  readonly json: TemplateJson;
}

export interface TemplateJson {
  readonly receiver: string;
  readonly status: string;
  readonly alerts: readonly AlertJson[];
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
}

export interface AlertJson {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** A file of a user's `templates:`. */
export interface TemplateFile {
  readonly name: string;
  readonly text: string;
}

const FOLDER = 'test/template/corpus';

/** Every set of data in corpus/data. */
export function dataSets(): DataSet[] {
  return filesIn('data').map(({ name, text }) => ({
    name: name.replace('.json', ''),
    json: JSON.parse(text) as TemplateJson,
  }));
}

/** The files that every template of the corpus can use. */
export function userFiles(): TemplateFile[] {
  return filesIn('files');
}

/** The templates of each theme, in corpus/valid. */
export function validTemplates(): { readonly theme: string; readonly templates: readonly string[] }[] {
  return filesIn('valid').map(({ name, text }) => ({
    theme: name.replace('.txt', ''),
    templates: templatesOf(text),
  }));
}

/** The templates that cannot be parsed, or fail when they are rendered. */
export function faultyTemplates(when: 'refused' | 'failing'): string[] {
  return templatesOf(readFileSync(`${FOLDER}/${when}.txt`, 'utf8'));
}

function filesIn(folder: string): TemplateFile[] {
  return readdirSync(`${FOLDER}/${folder}`)
    .sort()
    .map((name) => ({ name, text: readFileSync(`${FOLDER}/${folder}/${name}`, 'utf8') }));
}

/** One per line; one of several lines stands between `<<<` and `>>>`. Lines that begin with `# ` are headings. */
function templatesOf(text: string): string[] {
  const whole = /^<<<\n([\s\S]*?)\n?^>>>$|^(?!# )(.+)$/gm;
  return Array.from(text.matchAll(whole), ([, lines, line]) => lines ?? line ?? '');
}
