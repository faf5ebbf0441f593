import { readFileSync } from 'node:fs';
import { expect, jest, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { load } from '../../src/config/load.ts';
import { describeWithHelm, type Manifest, schemaFaults, VALUES_FILES } from '../support/helm.ts';

jest.setTimeout(60_000);

const rendered = (found: readonly Manifest[] | string): readonly Manifest[] => {
  if (typeof found === 'string') throw new Error(found);
  return found;
};
const only = (manifests: readonly Manifest[], kind: string) => {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  expect(found).toHaveLength(1);
  // biome-ignore lint/suspicious/noExplicitAny: what Kubernetes takes is not described here.
  return found[0] as any;
};
const TLS = { cert_file: '/a', key_file: '/b' };
const HASH = `$2b$10$${'a'.repeat(53)}`;
const kinds = (manifests: readonly Manifest[]) => manifests.map(({ kind }) => kind).sort();
const podOf = (manifests: readonly Manifest[]) => only(manifests, 'Deployment').spec.template;

await describeWithHelm('the chart', (helm) => {
  test('is what helm lint --strict wants, with every file of ci/', () => {
    for (const file of VALUES_FILES) {
      const { code, output } = helm.run('lint', '--strict', 'helm/pagerelay', `--values=${file}`);
      expect([file, code, output.match(/\[(WARNING|ERROR)\].*/g)]).toEqual([file, 0, null]);
    }
  });

  test.each(VALUES_FILES)("what is made of %s is as Kubernetes' own schemas want it", (file) => {
    const manifests = rendered(helm.render(file));
    expect(schemaFaults(manifests)).toBe('');
  });

  test('the values of docs/kubernetes.md are taken, and its sidecar is as the schemas want it', () => {
    const manifests = rendered(helm.render('docs/examples/values.yaml'));
    expect(schemaFaults(manifests)).toBe('');
    expect(kinds(manifests)).toContain('ServiceMonitor');
    const text = readFileSync('docs/examples/sidecar.yaml', 'utf8');
    const sidecar = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
    expect(schemaFaults(sidecar)).toBe('');
    const own = sidecar.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === 'pagerelay');
    const { 'pagerelay.yaml': config = '' } = (own?.stringData ?? {}) as Record<string, string>;
    expect(load(config, 'pagerelay.yaml', { env: {}, now: Date.now }).problems).toEqual([]);
  });

  test('a fault in what is made would be found', () => {
    const manifests = rendered(
      helm.render({
        securityContext: { readOnlyRootFilesytem: true },
        resources: { limits: [] },
        extraObjects: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{}] } }],
      }),
    );
    const faults = schemaFaults(manifests);
    expect(faults).toMatch(/readOnlyRootFilesytem\S+ does not exist in type 'ISecurityContext'/);
    expect(faults).toMatch(/port\S+ is missing in type '{}' but required in type 'IServicePort'/);
    expect(faults).toContain("Type '[]' is not assignable to type '{ [key: string]: IQuantity; }'");
  });

  test('by default: what runs, and nothing more', () => {
    const manifests = rendered(helm.render({}));
    expect(kinds(manifests)).toEqual([
      'Deployment',
      'PodDisruptionBudget',
      'Secret',
      'Service',
      'ServiceAccount',
    ]);
    for (const { metadata } of manifests)
      expect([metadata.name, metadata.namespace]).toEqual(['relay-pagerelay', 'monitoring']);
    expect(only(manifests, 'Deployment').spec.strategy.rollingUpdate).toEqual({
      maxUnavailable: 0,
      maxSurge: 1,
    });
  });

  test('with everything on: each kind once', () => {
    const manifests = rendered(helm.render('helm/pagerelay/ci/all-values.yaml'));
    expect(kinds(manifests)).toEqual([
      'ConfigMap',
      'ConfigMap',
      'Deployment',
      'HorizontalPodAutoscaler',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PodMonitor',
      'PrometheusRule',
      'Service',
      'ServiceAccount',
    ]);
    expect(only(manifests, 'Deployment').spec.replicas).toBeUndefined();
    expect(manifests.some(({ metadata }) => metadata.name === 'relay-extra')).toBe(true);
  });

  test('selectors are of the release only: no version is among them', () => {
    const manifests = rendered(helm.render('helm/pagerelay/ci/all-values.yaml'));
    const own = { 'app.kubernetes.io/name': 'pagerelay', 'app.kubernetes.io/instance': 'relay' };
    expect(only(manifests, 'Deployment').spec.selector.matchLabels).toEqual(own);
    expect(only(manifests, 'Service').spec.selector).toEqual(own);
    expect(only(manifests, 'PodDisruptionBudget').spec.selector.matchLabels).toEqual(own);
    expect(only(manifests, 'NetworkPolicy').spec.podSelector.matchLabels).toEqual(own);
    expect(only(manifests, 'PodMonitor').spec.selector.matchLabels).toEqual(own);
    expect(podOf(manifests).spec.topologySpreadConstraints[0].labelSelector.matchLabels).toEqual(own);
    expect(podOf(manifests).metadata.labels).toMatchObject(own);
  });

  test.each(VALUES_FILES)('the pods of %s meet the Pod Security Standard "restricted"', (file) => {
    const { spec } = podOf(rendered(helm.render(file)));
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    expect(spec.hostNetwork).toBeUndefined();
  });

  test.each(VALUES_FILES)('the config that is made of %s is one that pagerelay takes', (file) => {
    const manifests = rendered(helm.render(file));
    const own = manifests.find(
      ({ metadata, kind }) => metadata.name === 'relay-pagerelay' && /Secret|ConfigMap/.test(kind),
    );
    if (own === undefined) {
      expect(file).toContain('existing');
      return;
    }
    const { 'pagerelay.yaml': text = '' } = (own.stringData ?? own.data) as Record<string, string>;
    expect(
      load(text, 'pagerelay.yaml', { env: {}, now: Date.now }).problems.filter((p) => !p.warning),
    ).toEqual([]);
  });

  test('metrics are scraped where they are', () => {
    const service = rendered(helm.render({ serviceMonitor: { enabled: true, labels: { release: 'x' } } }));
    expect(only(service, 'ServiceMonitor').spec.endpoints).toEqual([
      { port: 'http', path: '/metrics', scheme: 'http', interval: '30s', scrapeTimeout: '10s' },
    ]);
    // The name of a label, not its value.
    expect(only(service, 'ServiceMonitor').spec.jobLabel).toBe('app.kubernetes.io/name');
    expect(only(service, 'ServiceMonitor').metadata.labels.release).toBe('x');
    const pods = rendered(helm.render('helm/pagerelay/ci/all-values.yaml'));
    expect(only(pods, 'PodMonitor').spec.podMetricsEndpoints[0]).toMatchObject({
      port: 'operator',
      scheme: 'https',
    });
    expect(only(pods, 'PodMonitor').spec.namespaceSelector).toEqual({ matchNames: ['paging'] });
    expect(podOf(pods).spec.containers[0].ports).toContainEqual({ name: 'operator', containerPort: 9098 });
    expect(podOf(pods).spec.containers[0].livenessProbe.httpGet.scheme).toBe('HTTPS');
  });

  test('the rules are those of monitoring/', () => {
    const manifests = rendered(helm.render({ prometheusRule: { enabled: true } }));
    expect(only(manifests, 'PrometheusRule').spec).toEqual(
      parse(readFileSync('monitoring/rules.yaml', 'utf8')),
    );
    const runbooks = 'https://wiki.example.com/runbooks';
    const linked = rendered(helm.render({ prometheusRule: { enabled: true, runbooks } }));
    expect(JSON.stringify(linked)).toContain(
      '"runbook_url":"https://wiki.example.com/runbooks#pagerelaydown"',
    );
  });

  test('pods are replaced when the config changes only where pagerelay does not look itself', () => {
    const annotations = (values: object) => podOf(rendered(helm.render(values))).metadata.annotations;
    const route = (receiver: string) => ({
      config: { route: { receiver }, receivers: [{ name: receiver }] },
    });
    expect(annotations({})).toBeUndefined();
    const [one, other] = ['a', 'b'].map((name) => annotations({ autoReloadInterval: '0s', ...route(name) }));
    expect(one['checksum/config']).toMatch(/^[0-9a-f]{64}$/);
    expect(other['checksum/config']).not.toBe(one['checksum/config']);
    expect(annotations({ autoReloadInterval: '0s', existingConfigSecret: 'x' })).toBeUndefined();
  });

  test('who may come in, and where pods may go', () => {
    const { spec } = only(rendered(helm.render('helm/pagerelay/ci/all-values.yaml')), 'NetworkPolicy');
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(spec.ingress.map(({ ports }: { ports: unknown }) => ports)).toEqual([
      [{ port: 'http' }],
      [{ port: 'operator' }],
    ]);
    expect(spec.egress).toEqual([
      {
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
      { ports: [{ port: 443 }, { port: 9093 }, { port: 6379 }] },
      { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
    ]);
    const nobody = rendered(
      helm.render({ networkPolicy: { enabled: true, alertmanagers: [], prometheuses: [] } }),
    );
    expect(only(nobody, 'NetworkPolicy').spec.ingress ?? []).toEqual([]);
  });

  test('no budget for one pod: it could never be moved', () => {
    expect(kinds(rendered(helm.render({ replicaCount: 1 })))).not.toContain('PodDisruptionBudget');
  });

  test('the notes have the address of the Service, with its real port', () => {
    expect(helm.notes({})).toContain('url: http://relay-pagerelay.monitoring.svc:9096/webhook\n');
    expect(
      helm.notes({
        namespaceOverride: 'paging',
        fullnameOverride: 'relay',
        service: { port: 443 },
        webConfig: { tls_server_config: { cert_file: '/a', key_file: '/b' } },
      }),
    ).toContain('url: https://relay.paging.svc:443/webhook\n');
  });

  test('the notes say what a webhook needs: time, credentials, an authority', () => {
    const config = { relay: { delivery_timeout: '25s', shutdown_timeout: '26s' } };
    const of = (webConfig: object) => {
      const text = helm.notes({ config, webConfig, terminationGracePeriodSeconds: 60 });
      const block = text.slice(text.indexOf('receivers:'), text.indexOf('\n\nWhether'));
      return (parse(block) as { receivers: [{ webhook_configs: [object] }] }).receivers[0].webhook_configs[0];
    };
    expect(of({})).toEqual({
      url: expect.any(String),
      send_resolved: true,
      max_alerts: 0,
      timeout: '28s',
    });
    expect(of({ tls_server_config: TLS, scopes: { ingest: { bearer_token_files: ['/t'] } } })).toMatchObject({
      http_config: {
        authorization: { credentials_file: expect.any(String) },
        tls_config: { ca_file: expect.any(String) },
      },
    });
    expect(of({ basic_auth_users: { anna: HASH } })).toMatchObject({
      http_config: { basic_auth: { username: 'anna', password_file: expect.any(String) } },
    });
    const open = of({ basic_auth_users: { anna: HASH }, scopes: { ingest: { anonymous: true } } });
    expect(open).not.toHaveProperty('http_config');
  });

  test('a probe may have a handler of its own', () => {
    const manifests = rendered(helm.render({ livenessProbe: { tcpSocket: { port: 'http' } } }));
    const [{ livenessProbe, readinessProbe }] = podOf(manifests).spec.containers;
    expect(livenessProbe).toEqual({ tcpSocket: { port: 'http' }, periodSeconds: 10, timeoutSeconds: 5 });
    expect(readinessProbe.httpGet.path).toBe('/-/ready');
  });

  test.each(VALUES_FILES)('nothing of %s is there twice: mounts, ports, volumes', (file) => {
    const { spec } = podOf(rendered(helm.render(file)));
    const [{ volumeMounts, ports }] = spec.containers;
    const names: readonly (readonly unknown[])[] = [
      volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath),
      ports.map(({ containerPort }: { containerPort: number }) => containerPort),
      spec.volumes.map(({ name }: { name: string }) => name),
    ];
    for (const own of names) expect(new Set(own).size).toBe(own.length);
  });

  test.each<readonly [string, object, string]>([
    ['an unknown value', { replicas: 2 }, "additional properties 'replicas' not allowed"],
    ['a wrong type', { replicaCount: 'two' }, "at '/replicaCount': got string, want integer"],
    [
      'a route that pagerelay would refuse',
      { config: { route: { receiver: 'a', match: 5 }, receivers: [{ name: 'a' }] } },
      "at '/config/route/match': got number, want object",
    ],
    [
      'a misspelt setting of a receiver',
      { config: { receivers: [{ name: 'a', pagerduty_configs: [{ routing_kye: 'x' }] }] } },
      "at '/config/receivers/0/pagerduty_configs/0': additional properties 'routing_kye' not allowed",
    ],
    [
      'a duration that is none',
      { config: { relay: { drain_timeout: 'soon' } } },
      "at '/config/relay/drain_timeout': 'soon' does not match pattern",
    ],
    [
      'a web config with a fault',
      { webConfig: { tls_server_config: { cert_file: '/a' } } },
      "at '/webConfig/tls_server_config': missing property 'key_file'",
    ],
    [
      'credentials without a path',
      { credentials: [{ existingSecret: 'x' }] },
      "missing property 'mountPath'",
    ],
    [
      'less time than it takes to stop',
      { config: { relay: { drain_timeout: '30s', shutdown_timeout: '1m' } } },
      'terminationGracePeriodSeconds is 30: it must be more than 91,',
    ],
    [
      'the default time, when it is just too little',
      { terminationGracePeriodSeconds: 21 },
      'it must be more than 21,',
    ],
    [
      'two monitors',
      { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } },
      'set only one of serviceMonitor.enabled, podMonitor.enabled',
    ],
    [
      'a monitor of a Service without metrics',
      { serviceMonitor: { enabled: true }, operatorPort: { enabled: true } },
      'set podMonitor.enabled instead',
    ],
    ['Redis without its address', { redis: { enabled: true } }, 'redis.enabled needs redis.existingSecret'],
    [
      'Redis with a config that the chart does not make',
      { redis: { enabled: true, existingSecret: 'x' }, existingConfigSecret: 'own' },
      'set dedup.store there',
    ],
    [
      'two configs',
      { existingConfigSecret: 'one', existingConfigMap: 'other' },
      'set only one of existingConfigSecret',
    ],
    [
      'fewer pods at most than at least',
      { autoscaling: { enabled: true, minReplicas: 5 } },
      'autoscaling.minReplicas is more than autoscaling.maxReplicas',
    ],
    [
      'a probe without the certificate that is asked for',
      {
        webConfig: {
          tls_server_config: { ...TLS, client_auth_type: 'RequireAndVerifyClientCert', client_ca_file: '/c' },
        },
      },
      'livenessProbe: a kubelet has no client certificate',
    ],
    [
      'a probe without the credentials that are asked for',
      { webConfig: { scopes: { metrics: { health: true } } } },
      'livenessProbe: a kubelet has no client certificate and no credentials',
    ],
    ['the same port twice', { operatorPort: { enabled: true, port: 9096 } }, '9096 is the port for webhooks'],
    [
      'the same folder twice',
      { credentials: [{ existingSecret: 'a', mountPath: '/etc/pagerelay/' }] },
      '/etc/pagerelay is the folder of something else',
    ],
    ['autoscaling by nothing', { autoscaling: { enabled: true } }, 'needs resources.requests.cpu'],
    [
      'a monitor without credentials',
      {
        serviceMonitor: { enabled: true },
        webConfig: { scopes: { ingest: { bearer_token_files: ['/t'] } } },
      },
      'serviceMonitor.endpoint: webConfig asks for credentials',
    ],
    [
      'a Redis that cannot be reached',
      { networkPolicy: { enabled: true }, redis: { enabled: true, existingSecret: 'redis' } },
      'the port of Redis is not among them',
    ],
    [
      'an Alertmanager that cannot be reached',
      { networkPolicy: { enabled: true }, config: { relay: { alertmanager_url: 'http://am:9093' } } },
      'the port of config.relay.alertmanager_url is not among them',
    ],
    [
      'a collector that cannot be reached',
      { networkPolicy: { enabled: true }, config: { tracing: { endpoint: 'http://otel:4318' } } },
      'the port of config.tracing.endpoint is not among them',
    ],
  ])('%s is refused, and it is said why', (_what, values, message) => {
    expect(helm.render(values)).toContain(message);
  });

  test('time enough to stop is taken', () => {
    expect(typeof helm.render({ terminationGracePeriodSeconds: 22 })).toBe('object');
    const slow = { relay: { drain_timeout: '1m30s', shutdown_timeout: '500ms' } };
    expect(typeof helm.render({ config: slow, terminationGracePeriodSeconds: 92 })).toBe('object');
    expect(typeof helm.render({ config: slow, terminationGracePeriodSeconds: 91 })).toBe('string');
  });
});
