import { describe, expect, test } from '@jest/globals';
import type { HttpRequest } from '../../src/notify/http-request.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import { ACCEPTED, type RelayUnderTest, relayUnderTest, webhookOf } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

const CONFIG = `
relay: { alertmanager_url: 'http://alertmanager', reconcile_after: 60s }
route: { receiver: PLACE, group_by: ['...'] }
receivers:
  - name: pagerduty
    pagerduty_configs:
      - { routing_key: k, client: ours, rest_api_key: secret-rest-key, rest_service_ids: [PS1] }
  - name: opsgenie
    opsgenie_configs: [{ api_key: k, source: ours, read_back: true }]
`;
const pagerduty = CONFIG.replace('PLACE', 'pagerduty').replace(/ {2}- name: opsgenie\n.*\n/, '');
const opsgenie = CONFIG.replace('PLACE', 'opsgenie').replace(/ {2}- name: pagerduty\n.*\n.*\n/, '');

const ok = (body: object): Answer => ({ status: 200, headers: {}, body: JSON.stringify(body) });
const alertOf = (key: string, client: string, alerts?: string) => ({
  alert_key: key,
  body: { details: alerts === undefined ? {} : { pagerelay_alerts: alerts }, cef_details: { client } },
});

/** Answers GET by path and query as given; takes everything else. */
function vendor(answers: (url: URL) => Answer) {
  const asked: string[] = [];
  const answer = (request: HttpRequest): Answer => {
    if (request.method !== 'GET') return ACCEPTED;
    const url = new URL(request.url);
    asked.push(`${url.pathname}${url.search}`);
    return answers(url);
  };
  return { asked, answer };
}

/** For as long as it takes, Alertmanager has none of the alerts. */
async function seeNothing(under: RelayUnderTest): Promise<void> {
  for (let i = 0; i < 2; i++) {
    under.now += 60_000;
    await under.relay.reconcile({ takenAt: under.now, upSince: 0, groups: [], state: () => undefined });
  }
}

test('what another replica has closed before it was read ends, too', async () => {
  const store = sharedMemory();
  const { answer } = vendor(({ pathname }) =>
    pathname === '/incidents'
      ? ok({ incidents: [{ id: 'P1' }], more: false })
      : ok({ alerts: [alertOf('000000000000000a', 'ours')], more: false }),
  );
  const [one, two] = [
    relayUnderTest(pagerduty, answer, { store: store() }),
    relayUnderTest(pagerduty, answer, { store: store() }),
  ];
  await one.tell([{ fingerprint: '000000000000000a', status: 'resolved' }]);
  two.now += 1;
  await two.relay.readBack();
  two.sent();
  await seeNothing(two);
  expect(two.sent().map(({ body }) => body.event_action)).toEqual(['resolve']);
});

describe('PagerDuty', () => {
  const listing = vendor(({ pathname, searchParams }) => {
    if (pathname === '/incidents') {
      return Number(searchParams.get('offset')) === 0
        ? ok({ incidents: [{ id: 'P1' }, { id: 'P2' }, { id: '../P3' }], more: true })
        : ok({ incidents: [{ id: 'P2' }, { id: 'P4' }], more: false });
    }
    const alerts = {
      '/incidents/P1/alerts': [alertOf('000000000000000a', 'ours')],
      '/incidents/P2/alerts': [alertOf('000000000000000b', 'theirs'), alertOf('', 'ours'), {}, null],
      '/incidents/P4/alerts': [
        alertOf('group-key', 'ours', '000000000000000c 000000000000000d'),
        alertOf('x', 'ours'),
      ],
    }[pathname];
    return ok({ alerts, more: false });
  });

  test('open incidents of our client are found, and resolved when Alertmanager has none of their alerts', async () => {
    const under = relayUnderTest(pagerduty, listing.answer);
    await under.relay.readBack();
    expect(listing.asked.splice(0)).toEqual([
      '/incidents?statuses[]=triggered&statuses[]=acknowledged&date_range=all&sort_by=created_at:asc&service_ids[]=PS1&limit=100&offset=0',
      '/incidents?statuses[]=triggered&statuses[]=acknowledged&date_range=all&sort_by=created_at:asc&service_ids[]=PS1&limit=100&offset=50',
      '/incidents/P1/alerts?statuses[]=triggered&limit=100&offset=0',
      '/incidents/P2/alerts?statuses[]=triggered&limit=100&offset=0',
      '/incidents/P4/alerts?statuses[]=triggered&limit=100&offset=0',
    ]);
    await under.relay.readBack();
    expect(listing.asked).toEqual([]);
    under.sent();
    await seeNothing(under);
    const told = under.sent().map(({ body: { dedup_key, event_action } }) => [dedup_key, event_action]);
    // Of the one without a list of alerts nothing can be said.
    expect(told).toEqual([
      ['000000000000000a', 'resolve'],
      ['group-key', 'resolve'],
    ]);
    expect(await under.scrape()).toContain('reconciled_incidents_total{what="read_back"} 3');
  });

  test('what is known already stays as it is known', async () => {
    const under = relayUnderTest(pagerduty, listing.answer);
    const alerts = [{ fingerprint: '000000000000000a' }];
    await under.tell(alerts);
    await under.tell(alerts.map((alert) => ({ ...alert, status: 'resolved' as const })));
    await under.relay.readBack();
    under.sent();
    await seeNothing(under);
    expect(under.sent().map(({ body }) => body.dedup_key)).toEqual(['group-key']);
  });

  test.each([
    ['000000000000000a', []],
    ['00000000000000ff', ['trigger']],
  ])('a muted route has not kept back %s if that is open', async (fingerprint, sent) => {
    const route = 'routes: [{ receiver: pagerduty, mute_time_intervals: [early] }]';
    const text = pagerduty.replace("group_by: ['...']", `group_by: ['...'], ${route}`);
    const early =
      "[{ name: early, time_intervals: [{ times: [{ start_time: '06:00', end_time: '07:30' }] }] }]";
    const under = relayUnderTest(`time_intervals: ${early}${text}`, listing.answer);
    await under.relay.readBack();
    under.sent();
    const webhook = webhookOf([{ fingerprint, startsAt: '2027-01-15T07:00:00Z' }]);
    const groups = [{ webhook, direct: [undefined], muted: new Set<string>() }];
    await under.relay.reconcile({ takenAt: under.now, upSince: 0, groups, state: () => 'active' });
    await under.relay.tend();
    expect(under.sent().map(({ body }) => body.event_action)).toEqual(sent);
  });

  test('what is left to people to close is not resolved', async () => {
    const text = pagerduty.replace('client: ours', 'client: ours, send_resolved: false');
    const under = relayUnderTest(text, listing.answer);
    await under.relay.readBack();
    under.sent();
    await seeNothing(under);
    expect(under.sent()).toEqual([]);
  });

  describe('with send_resolved_matchers, what is read back', () => {
    const matchers = 'send_resolved_matchers: [severity!="critical"]';
    const text = pagerduty.replace('client: ours', `client: ours, ${matchers}`);
    const posted = (severity: string) => ({
      fingerprint: '000000000000000a',
      labels: { alertname: 'A', severity },
    });

    async function readBack(config = text): Promise<RelayUnderTest> {
      const under = relayUnderTest(config, listing.answer);
      await under.relay.readBack();
      under.sent();
      return under;
    }
    async function sentOnceGone(under: RelayUnderTest): Promise<readonly unknown[]> {
      await seeNothing(under);
      return under.sent().map(({ body: { dedup_key, event_action } }) => `${event_action} ${dedup_key}`);
    }

    test('is left to people while nobody knows its labels', async () => {
      expect(await sentOnceGone(await readBack())).toEqual([]);
    });

    test('is left to them, too, where another integration of the account resolves all', async () => {
      const other =
        '      - { routing_key: k, client: ours, rest_api_key: secret-rest-key, rest_service_ids: [PS1] }';
      const both = text.replace('    pagerduty_configs:\n', (before) => `${before}${other}\n`);
      expect(await sentOnceGone(await readBack(both))).toEqual([]);
    });

    test.each([matchers, 'send_resolved: false'])(
      'is left to them, too, where one of the account has %s',
      async (one) => {
        const other = `      - { routing_key: k, client: ours, ${one} }`;
        const both = pagerduty.replace('    pagerduty_configs:\n', (before) => `${before}${other}\n`);
        expect(await sentOnceGone(await readBack(both))).toEqual([]);
      },
    );

    test.each([
      ['warning', ['resolve 000000000000000a']],
      ['critical', []],
    ])('goes by its labels once Alertmanager has shown them: %s', async (severity, sent) => {
      const under = await readBack();
      const webhook = webhookOf([posted(severity)]);
      const groups = [{ webhook, direct: [undefined], muted: new Set<string>() }];
      await under.relay.reconcile({ takenAt: under.now, upSince: 0, groups, state: () => 'active' });
      expect(await sentOnceGone(under)).toEqual(sent);
    });

    test.each([
      ['warning', ['trigger 000000000000000a', 'resolve 000000000000000a']],
      ['critical', ['trigger 000000000000000a']],
    ])('goes by those of a webhook: %s', async (severity, sent) => {
      const under = await readBack();
      await under.tell([posted(severity)]);
      expect(await sentOnceGone(under)).toEqual(sent);
    });

    test.each([
      ['warning', ['resolve 000000000000000a']],
      ['critical', []],
    ])('goes by those of an end that the vendor did not take: %s', async (severity, sent) => {
      let isRefused = false;
      const under = relayUnderTest(text, (request) =>
        isRefused && request.method === 'POST' ? { ...ok({}), status: 401 } : listing.answer(request),
      );
      await under.relay.readBack();
      isRefused = true;
      await under.tell([{ ...posted(severity), status: 'resolved' }]);
      isRefused = false;
      under.sent();
      expect(await sentOnceGone(under)).toEqual(sent);
    });

    test('is left to people where another replica has told so', async () => {
      const store = sharedMemory();
      const [one, two] = [store(), store()].map((own) =>
        relayUnderTest(text, listing.answer, { store: own }),
      );
      if (!one || !two) throw new Error('there are two');
      await two.tell([posted('warning')]);
      await one.tell([posted('critical')]);
      two.sent();
      expect(await sentOnceGone(two)).toEqual([]);
    });
  });

  test.each<readonly [string, Answer, string]>([
    [
      'refuses',
      { status: 401, headers: {}, body: '{"error":{"message":"no: secret-rest-key"}}' },
      'status 401: no: <secret>',
    ],
    ['says something else', ok({ incidents: 1 }), 'the answer is not in the documented form'],
    ['says no JSON', { status: 200, headers: {}, body: '{' }, 'the answer is not in the documented form'],
  ])('one that %s is asked again a minute later, and it is said why', async (_what, answer, detail) => {
    let current = answer;
    const { asked, answer: answers } = vendor(() => current);
    const under = relayUnderTest(pagerduty, answers);
    await under.relay.readBack();
    await under.relay.readBack();
    expect(asked.length).toBe(1);
    expect(under.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'open incidents cannot be read', detail }),
    );
    current = ok({ incidents: [] });
    under.now += 60_000;
    await under.relay.readBack();
    expect(asked.length).toBe(2);
    expect(under.logs.at(-1)).toMatchObject({ msg: 'open incidents read', open: 0, adopted: 0 });
  });
});

describe('an incident that cannot be read', () => {
  const letters = ['a', 'b', 'c', 'd'];
  function setUpLetters() {
    const refused = new Set(['b', 'c']);
    const { asked, answer } = vendor(({ pathname }) => {
      if (pathname === '/incidents') return ok({ incidents: letters.map((id) => ({ id })), more: false });
      const letter = pathname.split('/')[2] ?? '';
      if (refused.has(letter)) return { status: 403, headers: {}, body: '' };
      return ok({ alerts: [alertOf(letter.repeat(16), 'ours')], more: false });
    });
    const under = relayUnderTest(pagerduty, answer);
    const read = async () => {
      under.now += 60_000;
      await under.relay.readBack();
      return asked.splice(0).map((path) => path.split('/')[2]);
    };
    return { under, refused, read };
  }

  test('keeps none of the others from being found', async () => {
    const { under, read } = setUpLetters();
    for (let minute = 0; minute < 4; minute++) await read();
    expect(await under.scrape()).toContain('reconciled_incidents_total{what="read_back"} 2');
    under.sent();
    await seeNothing(under);
    expect(under.sent().map(({ body }) => body.dedup_key)).toEqual(['a'.repeat(16), 'd'.repeat(16)]);
  });

  test('is asked for again each minute, and nothing else is', async () => {
    const { under, refused, read } = setUpLetters();
    expect(await read()).toEqual([undefined, 'a', 'b']);
    expect(await read()).toEqual(['c']);
    expect(await read()).toEqual(['d', 'b']);
    expect(await read()).toEqual(['c']);
    refused.clear();
    expect(await read()).toEqual(['b', 'c']);
    expect(await read()).toEqual([]);
    expect(under.logs.at(-1)).toMatchObject({ msg: 'open incidents read', open: 2, adopted: 2 });
  });
});

test('an incident of several pages is read from its first page again', async () => {
  const ids = Array.from({ length: 150 }, (_, i) => (i + 1).toString(16).padStart(16, '0'));
  let isRefused = true;
  const { asked, answer } = vendor(({ pathname, searchParams }) => {
    if (pathname === '/incidents') return ok({ incidents: [{ id: 'a' }], more: false });
    const offset = Number(searchParams.get('offset'));
    if (offset > 0 && isRefused) return { status: 403, headers: {}, body: '' };
    const page = ids.slice(offset, offset + 100);
    return ok({
      alerts: page.map((id) => ({ id, ...alertOf(id, 'ours') })),
      more: offset + 100 < ids.length,
    });
  });
  const under = relayUnderTest(pagerduty, answer);
  await under.relay.readBack();
  isRefused = false;
  ids.splice(0, 100);
  asked.splice(0);
  under.now += 60_000;
  await under.relay.readBack();
  expect(asked.map((path) => /offset=\d+/.exec(path)?.[0])).toEqual(['offset=0']);
  expect(await under.scrape()).toContain('reconciled_incidents_total{what="read_back"} 150');
});

test('a pause of the credential that is read with is that of other replicas, too', async () => {
  const pauses: (readonly [string, number])[] = [];
  const store = { ...sharedMemory()(), pause: (target: string, ms: number) => pauses.push([target, ms]) };
  const limited: Answer = { status: 429, headers: { 'ratelimit-reset': '3600' }, body: '' };
  await relayUnderTest(pagerduty, vendor(() => limited).answer, { store }).relay.readBack();
  expect(pauses).toHaveLength(1);
  const { asked, answer } = vendor(() => ok({ incidents: [] }));
  const other = relayUnderTest(pagerduty, answer);
  for (const [target, ms] of pauses) other.relay.pause(target, ms);
  await other.relay.readBack();
  expect(asked).toEqual([]);
}, 40_000);

describe.each(['pagerduty', 'opsgenie'])('a long list that changes while it is read (%s)', (which) => {
  /** 250 are open; of those on a page so many are closed as soon as it was read, at the first reading. */
  function setUpList(closed: number) {
    let open = Array.from({ length: 250 }, (_, i) => (i + 1).toString(16).padStart(16, '0'));
    let readings = 0;
    const { asked, answer } = vendor(({ pathname, searchParams }) => {
      const [, id] = /^\/incidents\/(\w+)\/alerts$/.exec(pathname) ?? [];
      if (id !== undefined) return ok({ alerts: [alertOf(id, 'ours')], more: false });
      const offset = Number(searchParams.get('offset'));
      if (offset === 0) readings++;
      const listed = open.slice(offset, offset + 100);
      const more = offset + 100 < open.length;
      if (readings === 1) open = open.filter((one) => !listed.slice(0, closed).includes(one));
      return ok({
        incidents: listed.map((one) => ({ id: one })),
        data: listed.map((alias) => ({ alias, id: alias })),
        more,
      });
    });
    const under = relayUnderTest(which === 'pagerduty' ? pagerduty : opsgenie, answer);
    const ended = async () => {
      under.sent();
      await seeNothing(under);
      return under.sent().filter(({ url }) => !url.includes('query=')).length;
    };
    return { under, asked, ended };
  }

  test('keeps nothing from being found, and nothing is asked twice', async () => {
    const { under, asked, ended } = setUpList(30);
    await under.relay.readBack();
    expect(new Set(asked).size).toBe(asked.length);
    expect(await ended()).toBe(250);
  });

  test('is read again where so much has changed that some of it may not have been seen', async () => {
    const { under, ended } = setUpList(100);
    await under.relay.readBack();
    expect(under.logs).toContainEqual(
      expect.objectContaining({
        msg: 'open incidents cannot be read',
        detail: 'incidents were closed while the list was read',
      }),
    );
    expect(await ended()).toBe(0);
    await under.relay.readBack();
    expect(await ended()).toBe(50);
  });
});

describe('Opsgenie', () => {
  test('open alerts of our source are found; those of several alerts are asked for what they are of', async () => {
    const page = Array.from({ length: 100 }, (_, i) => ({
      alias: i.toString(16).padStart(16, '0'),
      id: `id-${i}`,
    }));
    const { asked, answer } = vendor(({ pathname, searchParams }) => {
      if (pathname === '/v2/alerts/id-x')
        return ok({ data: { details: { pagerelay_alerts: 'ffffffffffffffff' } } });
      if (pathname !== '/v2/alerts') return ok({ data: {} });
      return ok({
        data:
          searchParams.get('offset') === '0'
            ? page
            : [...page.slice(50), { alias: 'x', id: 'id-x' }, { id: 'y' }, null],
      });
    });
    const under = relayUnderTest(opsgenie, answer);
    await under.relay.readBack();
    const query = encodeURIComponent('status:open AND source:"ours"');
    const list = `/v2/alerts?query=${query}&limit=100&offset`;
    expect(asked).toEqual([
      `${list}=0&sort=createdAt&order=asc`,
      `${list}=50&sort=createdAt&order=asc`,
      '/v2/alerts/id-x',
    ]);
    under.sent();
    await seeNothing(under);
    const closed = under.sent().map(({ url }) => new URL(url).pathname);
    expect(closed.length).toBe(101);
    expect(closed).toContain('/v2/alerts/x/close');
  });
});

test.each([
  ['are not listed farther than that', 20_001, true],
  ['are listed to the last one', 19_950, false],
])('of more open alerts than Opsgenie lists it is said that they %s', async (_how, count, isSaid) => {
  const { asked, answer } = vendor(({ searchParams }) => {
    const offset = Number(searchParams.get('offset'));
    const length = Math.min(100, count - offset);
    const aliases = Array.from({ length }, (_, i) => (offset + i).toString(16).padStart(16, '0'));
    return ok({ data: aliases.map((alias) => ({ alias })) });
  });
  const under = relayUnderTest(opsgenie, answer);
  await under.relay.readBack();
  expect(asked).toHaveLength(399);
  const said = under.logs.filter(({ msg }) => msg === 'there are more open incidents than are read');
  expect(said).toHaveLength(isSaid ? 1 : 0);
});

test.each<readonly [string, Answer]>([
  ['deleted', { status: 404, headers: {}, body: '' }],
  ['closed', ok({ data: { status: 'closed', details: { pagerelay_alerts: 'eeeeeeeeeeeeeeee' } } })],
])('an alert that was %s after it was listed is not open', async (_what, gone) => {
  const { answer } = vendor(({ pathname }) => {
    if (pathname === '/v2/alerts')
      return ok({ data: ['x', 'y'].map((alias) => ({ alias, id: `id-${alias}` })) });
    if (pathname === '/v2/alerts/id-x') return gone;
    return ok({ data: { details: { pagerelay_alerts: 'ffffffffffffffff' } } });
  });
  const under = relayUnderTest(opsgenie, answer);
  await under.relay.readBack();
  under.sent();
  await seeNothing(under);
  expect(under.sent().map(({ url }) => new URL(url).pathname)).toEqual(['/v2/alerts/y/close']);
});

test('without Alertmanager nothing is asked for', async () => {
  const { asked, answer } = vendor(() => ok({ incidents: [] }));
  const under = relayUnderTest(pagerduty.replace(/^relay:.*$/m, ''), answer);
  await under.relay.readBack();
  expect(asked).toEqual([]);
});
