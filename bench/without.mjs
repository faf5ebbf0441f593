// node --import bench/without.mjs: a process in which axios, winston and prom-client do nothing but what pagerelay cannot
// do without, so that the bench can tell what they cost.
import { register } from 'node:module';

const STUBS = {
  axios: `
export class Axios {
  request(config) { return config.adapter(config); }
}
export class AxiosError extends Error {
  constructor(message, code) { super(message); this.code = code; }
}
export const isAxiosError = (error) => error instanceof AxiosError;
`,
  winston: `
export const format = () => () => undefined;
export const createLogger = ({ level, levels, transports: [transport] }) => ({
  level,
  isLevelEnabled(other) {
    return levels[other] <= levels[this.level];
  },
  write: (entry) => transport.log(entry, () => {}),
});
`,
  'winston-transport': `
export default class {
  constructor({ log }) { this.log = log; }
}
`,
  'prom-client': `
class Nothing {
  inc() {} set() {} observe() {} zero() {} remove() {} reset() {}
  labels() { return this; }
}
export class Registry {
  metrics() { return Promise.resolve(''); }
  removeSingleMetric() {}
}
Registry.PROMETHEUS_CONTENT_TYPE = 'text/plain';
export { Nothing as Counter, Nothing as Gauge, Nothing as Histogram };
export const collectDefaultMetrics = () => {};
`,
};

const hooks = `
const STUBS = ${JSON.stringify(STUBS)};
export function resolve(specifier, context, next) {
  const stub = context.parentURL?.includes('/node_modules/') ? undefined : STUBS[specifier];
  if (stub === undefined) return next(specifier, context);
  return { url: 'data:text/javascript,' + encodeURIComponent(stub), shortCircuit: true };
}
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
