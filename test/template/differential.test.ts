import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Amtool, createAmtool, describeWithAmtool, type Rendered } from '../support/amtool.ts';
import { createEngine, currentData, dataOf025, type RenderHere } from '../support/template-engine.ts';
import { type DataSet, dataSets, faultyTemplates, userFiles, validTemplates } from './corpus.ts';
import { generateTemplate } from './generate.ts';
import { AS_ALERTMANAGER_0_34, DIFFERENCES, REWORDED } from './known-differences.ts';
import { mutateTemplate } from './mutate.ts';
import { printfTemplates } from './printf-grid.ts';

jest.setTimeout(300_000);

/** Others than these can be asked for, to look further: `TEMPLATE_SEED=7 TEMPLATE_COUNT=20000`. */
const SEED = Number(process.env.TEMPLATE_SEED ?? 20_260_801);
const COUNT = Number(process.env.TEMPLATE_COUNT ?? 4000);
const MUTANTS = Math.ceil(COUNT / 8);

const KNOWN: ReadonlySet<string> = new Set(DIFFERENCES.flatMap(({ templates }) => templates));

const FAILED = 'error: ';
/** Where an error in one of Alertmanager's default templates is: ours are laid out in another way. */
const IN_DEFAULTS = /^(error: template: ):\d+:\d+: (?=executing "(?:__|\w+\.default\.))/;

interface Case {
  readonly template: string;
  readonly data: DataSet;
  /** How to make the template again. */
  readonly origin?: string;
}

interface Difference extends Omit<Case, 'data'> {
  readonly data: string;
  readonly amtool: string;
  readonly here: string;
}

describeWithAmtool('the same templates and data through amtool 0.25 and here', () => {
  const sets = dataSets();
  const ofName = new Map(sets.map((set) => [set.name, set]));
  const valuesOf = new Map(sets.map((set) => [set, dataOf025(set)]));
  let amtool: Amtool;
  let render: RenderHere;
  /** Hand-written templates, generated ones, and renderings of both. */
  const compared = { written: 0, generated: 0, renderings: 0 };
  const reworded = new Set<string>();

  beforeAll(() => {
    amtool = createAmtool(userFiles());
    render = createEngine(userFiles());
  });
  afterAll(() => amtool.close());

  function set(name: string): DataSet {
    const found = ofName.get(name);
    if (found === undefined) throw new Error(`there is no data named ${name}`);
    return found;
  }

  async function differences(cases: readonly Case[]): Promise<Difference[]> {
    const here = cases.map(({ template, data }) => render(template, valuesOf.get(data) ?? null));
    const there = await amtool.render(
      cases.map(({ template, data }, index) => ({ template, data, isDoubtful: hasFailed(here[index]) })),
    );
    compared.renderings += cases.length;
    return cases.flatMap(({ data, ...about }, index) => {
      const ours = shown(here[index]).replace(IN_DEFAULTS, '$1(default): ');
      const theirs = inOurWords(shown(there[index]));
      return ours === theirs ? [] : [{ ...about, data: data.name, amtool: theirs, here: ours }];
    });
  }

  function inOurWords(text: string): string {
    return REWORDED.reduce((words, { reason, from, to }) => {
      if (!text.startsWith(FAILED) || !from.test(words)) return words;
      reworded.add(reason);
      return words.replace(from, to);
    }, text);
  }

  /** That all are the same, but for those that are known to differ, each of which does. */
  async function compare(templates: readonly string[], over: readonly DataSet[]): Promise<void> {
    const found = await differences(
      over.flatMap((data) => templates.map((template) => ({ template, data }))),
    );
    compared.written += new Set(templates).size;
    expectNone(found.filter(({ template }) => !KNOWN.has(template)));
    const differing = new Set(found.map(({ template }) => template));
    expect(templates.filter((template) => KNOWN.has(template) && !differing.has(template))).toEqual([]);
  }

  const themes = validTemplates().map(({ theme, templates }) => ({
    theme,
    templates,
    count: templates.length,
  }));
  test.each(themes)('$theme: $count templates, with every set of data', async ({ templates }) => {
    await compare(templates, sets);
  });

  const refused = faultyTemplates('refused');
  test(`${refused.length} templates that cannot be parsed, with their errors`, async () => {
    await compare(refused, [set('mixed')]);
  });

  const failing = faultyTemplates('failing');
  test(`${failing.length} templates that fail when they are rendered, with their errors`, async () => {
    await compare(failing, [set('mixed')]);
  });

  const printing = printfTemplates();
  test(`${printing.length} calls of printf: verbs, flags, widths and precisions on every kind of value`, async () => {
    const cases = printing.map((template) => ({ template, data: set('mixed') }));
    compared.generated += cases.length;
    expectNone(await differences(cases));
  });

  test(`${COUNT} generated templates, from seed ${SEED}`, async () => {
    const full = sets.filter(({ json }) => json.alerts.length > 0);
    const cases = Array.from({ length: COUNT }, (_, index) => {
      const seed = SEED + index;
      const data = index % 20 === 0 ? set('no-alerts') : (full[index % full.length] ?? set('mixed'));
      return { template: generateTemplate(seed), data, origin: `generateTemplate(${seed})` };
    });
    compared.generated += cases.length;
    expectNone(await differences(cases));
  });

  test(`${MUTANTS} templates with a token too few, too many or in the wrong place, from seed ${SEED}`, async () => {
    const written = themes.flatMap(({ templates }) => templates).filter((template) => !KNOWN.has(template));
    const cases = Array.from({ length: MUTANTS }, (_, index) => {
      const seed = SEED + index;
      const original = written[(seed * 31) % written.length] ?? '';
      return {
        template: mutateTemplate(original, seed),
        data: set('mixed'),
        origin: `mutateTemplate(${JSON.stringify(original)}, ${seed})`,
      };
    });
    compared.generated += cases.length;
    expectNone(await differences(cases));
  });

  test.each(AS_ALERTMANAGER_0_34)('since 0.25, $change: $template', async ({ template, text }) => {
    const data = set('mixed');
    const [before] = await amtool.render([{ template, data }]);
    expect(render(template, currentData(data))).toEqual({ text });
    expect(before).not.toEqual({ text });
  });

  test('what is known to differ is in the corpus', () => {
    const written = new Set([...themes.flatMap(({ templates }) => templates), ...refused, ...failing]);
    expect([...KNOWN].filter((template) => !written.has(template))).toEqual([]);
  });

  test('there were enough', () => {
    expect(REWORDED.map(({ reason }) => reason).filter((reason) => !reworded.has(reason))).toEqual([]);
    expect(compared.written - KNOWN.size).toBeGreaterThan(1500);
    expect(compared.generated).toBeGreaterThanOrEqual(COUNT + MUTANTS);
    expect(compared.renderings).toBeGreaterThan(10_000);
    // Most go together, so that thousands take a minute.
    expect(amtool.calls()).toBeLessThan(compared.renderings / 4);
  });
});

/** The first few are enough to see what is wrong. */
function expectNone(found: readonly Difference[]): void {
  expect({ differences: found.length, first: found.slice(0, 10) }).toEqual({ differences: 0, first: [] });
}

function hasFailed(rendered: Rendered | undefined): boolean {
  return rendered !== undefined && 'error' in rendered;
}

function shown(rendered: Rendered | undefined): string {
  if (rendered === undefined) return 'nothing';
  return 'text' in rendered ? rendered.text : FAILED + rendered.error;
}
