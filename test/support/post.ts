/** One alert as Alertmanager posts it. */
export interface PostedAlert {
  readonly status?: 'firing' | 'resolved';
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly fingerprint?: string;
}

/** A webhook body of version 4 with these alerts. */
export function webhookBody(
  alerts: readonly PostedAlert[],
  rest: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    version: '4',
    groupKey: '{}:{}',
    receiver: 'pagerelay',
    status: alerts.some(({ status }) => status !== 'resolved') ? 'firing' : 'resolved',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.com',
    truncatedAlerts: 0,
    alerts: alerts.map(
      ({ status = 'firing', labels = {}, annotations = {}, startsAt, endsAt, fingerprint }) => ({
        status,
        labels: { alertname: 'Test', severity: 'critical', ...labels },
        annotations,
        startsAt: startsAt ?? '2026-01-01T00:00:00Z',
        endsAt: endsAt ?? (status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-01-01T01:00:00Z'),
        generatorURL: '',
        ...(fingerprint === undefined ? {} : { fingerprint }),
      }),
    ),
    ...rest,
  });
}

export interface Answer {
  readonly status: number;
  readonly notifications: readonly Readonly<Record<string, string>>[];
  readonly error?: string;
}

/** Posts a body to a daemon's webhook. */
export async function post(url: string, body: string | Uint8Array, path = '/webhook'): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body });
  const { notifications = [], error } = (await answer.json()) as Partial<Answer>;
  return { status: answer.status, notifications, ...(error === undefined ? {} : { error }) };
}
