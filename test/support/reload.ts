import type { HttpRequest } from '../../src/notify/http-request.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import { MINUTE, seen } from './looks.ts';
import type { PostedAlert } from './post.ts';
import { ACCEPTED, configOf, relayUnderTest } from './relay.ts';

export const alert = (letter: string, status: PostedAlert['status'] = 'firing'): PostedAlert => ({
  status,
  labels: { alertname: letter, team: letter },
  fingerprint: letter.repeat(16),
  startsAt: '2027-01-15T07:00:00Z',
});

export const byText = (a: string, b: string) => a.localeCompare(b);

/** What differs between two configs. */
export interface Keys {
  readonly pd?: string;
  readonly og?: string;
  /** What its route has beside the receiver. */
  readonly route?: string;
  /** What the config has beside. */
  readonly more?: string;
  /** Of `pd`; none where it is empty. */
  readonly fallback?: string;
}

/** Everything goes to `pd`. */
export const config = ({
  pd = 'old',
  og = 'og',
  route = "group_by: ['...']",
  more = '',
  fallback = 'og',
}: Keys = {}) => `
${more}
route: { receiver: pd, ${route} }
receivers:
  - name: pd
    ${fallback === '' ? '' : `fallback: ${fallback}`}
    pagerduty_configs: [{ routing_key: ${pd}, url: 'http://vendor.example/pd' }]
  - name: og
    opsgenie_configs: [{ api_key: ${og}, api_url: 'http://vendor.example/og' }]
`;

/** Without a fallback. */
export const alone = (keys: Keys = {}) => config({ fallback: '', ...keys });

/**
 * Before vendors that answer by the key. What was sent is told as `old trigger a` or `og close a`: the key, the action and the
 * first letter of the incident's key.
 */
export function relayWithReloads(text: string) {
  const answers = new Map<string, Answer | Promise<Answer>>();
  const sent: string[] = [];
  const answer = ({ method, url, headers, body }: HttpRequest) => {
    if (method === 'GET') return { status: 200, headers: {}, body: '{}' };
    const { routing_key, event_action, dedup_key, alias } = JSON.parse(String(body)) as Record<
      string,
      string
    >;
    const key = routing_key ?? String(headers.Authorization).replace('GenieKey ', '');
    const action = event_action ?? (url.includes('/close') ? 'close' : 'create');
    const incident = dedup_key ?? alias ?? url.split('/alerts/')[1] ?? '';
    sent.push(`${key} ${action} ${incident.slice(0, 1)}`);
    return answers.get(key) ?? ACCEPTED;
  };
  const t = relayUnderTest(text, answer);
  return {
    t,
    answers,
    use: (next: string) => t.relay.use(configOf(next)),
    told: () => sent.splice(0),
    async tend(ms = 61_000): Promise<readonly string[]> {
      t.now += ms;
      await t.relay.tend();
      return sent.splice(0);
    },
    /** Some time later, Alertmanager is looked at, which has these. */
    async look(letters: readonly string[], ms = MINUTE) {
      t.now += ms;
      await t.relay.reconcile(seen(t.now, letters));
      return sent.splice(0);
    },
  };
}
