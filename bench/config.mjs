// What pagerelay is measured with: its default settings, each alert an incident.
export function config(sinkOrigin) {
  return `
route: { receiver: bench, group_by: ['...'] }
receivers:
  - name: bench
    pagerduty_configs:
      - routing_key: ${'R'.repeat(32)}
        url: ${sinkOrigin}/v2/enqueue
`;
}
