import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { configFor, type Daemon, type Sandbox, startDaemon, startSandbox } from '../support/daemon.ts';
import { type PostedAlert, post, webhookBody } from '../support/post.ts';
import { eventually } from '../support/process.ts';
import { askRedis, describeWithRedis, type Redis, startRedis } from '../support/redis.ts';

const alert = (instance: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
  labels: { alertname: 'A', severity: 'critical', service: 'shop', instance },
  ...more,
});
const ended = (instance: string, more: Partial<PostedAlert> = {}): PostedAlert =>
  alert(instance, { status: 'resolved', ...more });

jest.setTimeout(30_000);

describeWithRedis('two replicas with a Redis between them', () => {
  let redis: Redis;
  let sandbox: Sandbox;
  let replicas: readonly Daemon[] = [];

  beforeAll(async () => {
    [redis, sandbox] = await Promise.all([startRedis({ password: 'of-the-redis' }), startSandbox()]);
  });
  beforeEach(async () => {
    await askRedis(redis, 'FLUSHALL');
    await sandbox.clear();
  });
  afterEach(() => Promise.all(replicas.map((replica) => replica.kill())));
  afterAll(() => Promise.all([redis, sandbox].map((running) => running.kill())));

  async function start(route: string, root = 'pagerduty'): Promise<readonly [Daemon, Daemon]> {
    const extra = `dedup: { store: { redis: { url_env: REDIS_URL } } }`;
    const config = configFor(sandbox.url, { root, route, extra });
    const one = () => startDaemon(config, { env: { REDIS_URL: redis.url } });
    const both = await Promise.all([one(), one()]);
    replicas = both;
    return both;
  }
  const tell = (to: Daemon, alerts: readonly PostedAlert[], groupKey = 'one') =>
    post(to.url, webhookBody(alerts, { groupKey }));
  const incidents = async () =>
    (await sandbox.state()).incidents.map(({ status, count }) => ({ status, count }));

  test('what one has sent the other does not repeat, also when both are told at the same time', async () => {
    const [a, b] = await start("  group_by: ['...']");
    const at = ['1', '2', '3', '4', '5'].map((instance) => alert(instance));
    const answers = await Promise.all([tell(a, at), tell(b, at), tell(b, at), tell(a, at)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await incidents()).toEqual(Array(5).fill({ status: 'open', count: 1 }));
    await Promise.all([tell(b, [ended('1')]), tell(a, [ended('1')])]);
    expect((await sandbox.summary()).resolved).toBe(1);
    expect((await sandbox.summary()).requests.accepted).toBe(6);
    await tell(a, [alert('1')]);
    expect((await sandbox.summary()).requests.accepted).toBe(6);
  });

  test('an incident by labels closes with its last alert, whichever replica is told', async () => {
    const [a, b] = await start('  group_by: [service]');
    await tell(a, [alert('1')], 'one');
    await tell(b, [alert('2')], 'two');
    await tell(b, [ended('1')], 'one');
    expect(await incidents()).toEqual([{ status: 'open', count: 2 }]);
    await tell(a, [ended('2')], 'two');
    expect(await incidents()).toEqual([{ status: 'resolved', count: 2 }]);
  });

  test('a rate limit that one meets holds the other back', async () => {
    const [a, b] = await start("  group_by: ['...']");
    await sandbox.fault({ vendor: 'pagerduty', status: 429, retry_after: 3 });
    const first = tell(a, [alert('1')]);
    await eventually('the 429', async () =>
      (await sandbox.summary()).requests.faulted > 0 ? true : undefined,
    );
    await sandbox.mend();
    const answers = await Promise.all([first, tell(b, [alert('2')])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await sandbox.summary()).requests).toMatchObject({ early: 0, accepted: 2 });
  });

  test('a resolve that one keeps back is called off by what fires again at the other', async () => {
    const [a, b] = await start("  group_by: ['...']\n  dedup: { hold_resolve: 2s }");
    await tell(a, [alert('1')]);
    await tell(a, [ended('1')]);
    const startsAt = '2026-01-01T02:00:00Z';
    await tell(b, [alert('1', { startsAt })]);
    await sleep(3_500);
    expect(await incidents()).toEqual([{ status: 'open', count: 2 }]);
    await tell(a, [ended('1', { startsAt, endsAt: '2026-01-01T03:00:00Z' })]);
    await eventually('it is closed', async () => ((await sandbox.summary()).open === 0 ? true : undefined));
  });

  test('without it pages go out all the same, it is said, and the address with its password is not', async () => {
    const [a, b] = await start("  group_by: ['...']");
    await redis.kill();
    const metric = async ({ url }: Daemon) => await (await fetch(`${url}/metrics`)).text();
    await eventually('it is noticed', async () =>
      (await metric(a)).includes('pagerelay_dedup_store_up{store="redis"} 0') ? true : undefined,
    );
    const answers = await Promise.all([tell(a, [alert('1')]), tell(b, [alert('2')])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await sandbox.summary()).open).toBe(2);
    expect(
      a
        .logs()
        .filter(({ level }) => level === 'warn')
        .map(({ msg }) => msg),
    ).toContain('dedup store cannot be used: each replica goes on by itself');
    expect(a.output() + (await metric(a))).not.toContain('of-the-redis');
  });
});
