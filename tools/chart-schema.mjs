// The JSON Schema of the chart's values, with that of the config files inside it: helm refuses a bad route before it is
// anywhere near a cluster.

const text = { type: 'string' };
const boolean = { type: 'boolean' };
const count = (minimum = 0) => ({ type: 'integer', minimum });
const port = { type: 'integer', minimum: 1, maximum: 65535 };
const oneOf = (...values) => ({ type: 'string', enum: values });
/** Kubernetes' own: it says itself what is wrong there. */
const map = { type: 'object' };
const maps = (...required) => ({ type: 'array', items: { type: 'object', required } });
const textByName = { type: 'object', additionalProperties: text };
const object = (properties, required = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length > 0 ? { required } : {}),
});

const DURATION = '^(0|(\\d+y)?(\\d+w)?(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?)$';

const monitor = object({
  enabled: boolean,
  labels: textByName,
  interval: text,
  scrapeTimeout: text,
  relabelings: maps(),
  metricRelabelings: maps(),
  endpoint: map,
});

/** Helm knows none of our formats; of these the durations can be said otherwise. */
function forHelm(schema) {
  if (Array.isArray(schema)) return schema.map(forHelm);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { templates: _, format, $defs: __, ...rest } = schema;
  const own = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, forHelm(value)]));
  return format === 'duration' && own.type === 'string' ? { ...own, pattern: DURATION } : own;
}

export function chartSchema(configSchema, webConfigSchema) {
  const { $schema: _, $id: __, title: ___, required: ____, ...config } = forHelm(configSchema);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...object({
      // What a parent chart gives to all of its charts, and its `condition`.
      global: map,
      enabled: boolean,
      nameOverride: text,
      fullnameOverride: text,
      namespaceOverride: text,
      commonLabels: textByName,
      image: object(
        {
          registry: text,
          repository: { type: 'string', minLength: 1 },
          tag: text,
          digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
          pullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
        },
        ['repository'],
      ),
      imagePullSecrets: maps('name'),
      replicaCount: count(),
      config: { ...config, required: ['route', 'receivers'] },
      configKind: oneOf('Secret', 'ConfigMap'),
      existingConfigSecret: text,
      existingConfigMap: text,
      webConfig: forHelm(webConfigSchema),
      autoReloadInterval: { type: 'string', pattern: DURATION },
      credentials: {
        type: 'array',
        items: object(
          {
            existingSecret: { type: 'string', minLength: 1 },
            mountPath: { type: 'string', pattern: '^/' },
            items: maps('key', 'path'),
          },
          ['existingSecret', 'mountPath'],
        ),
      },
      redis: object({ enabled: boolean, existingSecret: text, key: text }),
      log: object({ level: oneOf('debug', 'info', 'warn', 'error'), format: oneOf('json', 'logfmt') }),
      extraArgs: { type: 'array', items: text },
      env: maps('name'),
      envFrom: maps(),
      extraVolumes: maps('name'),
      extraVolumeMounts: maps('name', 'mountPath'),
      extraContainers: maps('name'),
      initContainers: maps('name'),
      service: object({
        type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer'),
        port,
        annotations: textByName,
        sessionAffinity: oneOf('None', 'ClientIP'),
      }),
      operatorPort: object({ enabled: boolean, port }),
      serviceAccount: object({ create: boolean, name: text, annotations: textByName }),
      resources: map,
      podSecurityContext: map,
      securityContext: map,
      terminationGracePeriodSeconds: count(1),
      livenessProbe: map,
      readinessProbe: map,
      startupProbe: map,
      podDisruptionBudget: object({ enabled: boolean, maxUnavailable: { type: ['integer', 'string'] } }),
      autoscaling: object({
        enabled: boolean,
        minReplicas: count(1),
        maxReplicas: count(1),
        targetCPUUtilizationPercentage: count(1),
      }),
      topologySpreadConstraints: maps('maxSkew', 'topologyKey', 'whenUnsatisfiable'),
      networkPolicy: object({
        enabled: boolean,
        alertmanagers: maps(),
        prometheuses: maps(),
        egressPorts: { type: 'array', items: port },
        extraEgress: maps(),
      }),
      serviceMonitor: monitor,
      podMonitor: monitor,
      prometheusRule: object({ enabled: boolean, labels: textByName, runbooks: text }),
      deploymentAnnotations: textByName,
      podAnnotations: textByName,
      podLabels: textByName,
      priorityClassName: text,
      nodeSelector: textByName,
      tolerations: maps(),
      affinity: map,
      dnsConfig: map,
      revisionHistoryLimit: count(),
      extraObjects: maps('apiVersion', 'kind'),
    }),
    $defs: forHelm(configSchema.$defs),
  };
}
