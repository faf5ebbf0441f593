import { type Config, compile } from '../../src/config/compile.ts';
import type { Fault } from '../../src/config/problem.ts';
import { readSource } from '../../src/config/source.ts';
import { createValidate } from '../../src/config/validate.ts';
import { YOUNG_MS } from './alertmanager-model.ts';
import { mutedRoutes } from './mute.ts';
import type { Setting } from './world.ts';

export const PRIMARY = 'primary';
export const SECOND = 'second';
export const FALLBACK = 'fallback';

/** The relays' configs, by what varies between worlds. */
export function createConfigs(): (setting: Setting) => Config {
  const configs = new Map<string, Config>();
  // To make one takes longer than all else that loads a config (load.ts), and one is enough for these texts.
  const validate = createValidate(() => undefined);
  const configOf = (text: string): Config => {
    const source = readSource(text);
    const checked = 'value' in source ? validate(source.value) : source;
    if ('length' in checked) throw new Error(JSON.stringify(checked));
    const faults: Fault[] = [];
    const config = compile(checked, '', { env: {}, now: Date.now }, faults);
    if (faults.length > 0) throw new Error(JSON.stringify(faults));
    return config;
  };
  return (setting) => {
    const text = textOf(setting);
    const config = configs.get(text) ?? configOf(text);
    configs.set(text, config);
    return config;
  };
}

function textOf(setting: Setting): string {
  const { incidentPer, holdResolve, hasFallback, hasSecond, onMuted, mute, isWatched } = setting;
  const groupBy = { alert: "['...']", labels: '[service]', group: '[]' }[incidentPer];
  const account = (name: string) => {
    const readBack = isWatched ? `, rest_api_key: k, rest_api_url: 'http://${name}'` : '';
    return `{ routing_key: ${name}, url: 'http://events.${name}', client: ours${readBack} }`;
  };
  const { routes, intervals } = mutedRoutes(mute);
  return `
dedup: { max_entries: 100 }
${isWatched ? `relay: { alertmanager_url: 'http://alertmanager', reconcile_after: ${YOUNG_MS / 60_000}m }` : ''}
route:
  receiver: primary
  group_by: ${groupBy}
  on_muted: ${onMuted}
  ${holdResolve ? 'dedup: { hold_resolve: 1m }' : ''}
  routes: ${routes}
time_intervals: ${intervals}
receivers:
  - name: primary
    ${hasFallback ? 'fallback: other' : ''}
    pagerduty_configs: [${account(PRIMARY)}${hasSecond ? `, ${account(SECOND)}` : ''}]
  - name: other
    pagerduty_configs: [${account(FALLBACK)}]
`;
}
