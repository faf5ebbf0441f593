import type { ServerResponse } from 'node:http';
import { type Received, type Script, withVendor } from './fake-vendor.ts';

/** What a fake Alertmanager answers; what is left out is as at a quiet one of version 0.28 that has long been up. */
export interface FakePeer {
  readonly status?: object;
  readonly alerts?: readonly object[];
  /** Its alertmanager.yml as it shows it. */
  readonly config?: string;
  readonly version?: string;
  /** Alerts that it was told of since it started, by its metrics. */
  readonly received?: number;
  /** Answers instead, where it returns true. */
  readonly instead?: (response: ServerResponse, request: Received) => boolean;
}

const QUIET_CONFIG = `
route: { receiver: web.hook, group_by: [alertname], continue: false }
receivers: [ { name: web.hook, webhook_configs: [ { url: <secret> } ] } ]
`;

/** Runs `use` with the addresses of fake Alertmanagers, and the paths that each was asked for. */
export async function withPeers<T>(
  peers: readonly FakePeer[],
  use: (urls: readonly string[], asked: readonly string[][]) => Promise<T>,
): Promise<T> {
  const urls: string[] = [];
  const asked = peers.map((): string[] => []);
  const next = ([peer, ...rest]: readonly FakePeer[]): Promise<T> => {
    if (peer === undefined) return use(urls, asked);
    const script = scriptOf(peer, asked[urls.length] ?? []);
    return withVendor(script, ({ url }) => {
      urls.push(url);
      return next(rest);
    });
  };
  return next(peers);
}

/** An alert as the API lists it. */
export function listed(fingerprint: string, more: object = {}): object {
  return {
    labels: { alertname: 'Cpu', id: fingerprint },
    annotations: { summary: 'busy' },
    startsAt: '2026-11-01T00:00:00.123Z',
    endsAt: '2026-11-01T00:05:00.000Z',
    updatedAt: '2026-11-01T00:00:00.000Z',
    receivers: [{ name: 'web.hook' }],
    status: { state: 'active', silencedBy: [], inhibitedBy: [] },
    fingerprint: fingerprint.padStart(16, '0'),
    ...more,
  };
}

function scriptOf(peer: FakePeer, asked: string[]): Script {
  const { status, alerts = [], config = QUIET_CONFIG, version = '0.28.0' } = peer;
  const { received = 1, instead = () => false } = peer;
  return (response, request) => {
    asked.push(request.url);
    if (instead(response, request)) return;
    const [path = ''] = request.url.split('?');
    if (path.endsWith('/metrics')) return response.end(metricsOf(received));
    const whole = {
      uptime: '2026-01-01T00:00:00.000Z',
      cluster: { status: 'ready', peers: [] },
      versionInfo: { version },
      config: { original: config },
      ...status,
    };
    response.setHeader('Content-Type', 'application/json');
    return response.end(JSON.stringify(path.endsWith('/api/v2/status') ? whole : alerts));
  };
}

function metricsOf(received: number): string {
  return [
    'alertmanager_alerts{state="active"} 7',
    'alertmanager_alerts_received_total{status="firing",version="v1"} 0',
    `alertmanager_alerts_received_total{status="firing",version="v2"} ${received}`,
    'alertmanager_alerts_received_total{status="resolved",version="v2"} 0',
  ].join('\n');
}
