/** Settings of alertmanager.yml that cannot work here, and where they belong. Keyed by name, wherever they stand. */
const ALERTMANAGER_ONLY: Readonly<Record<string, string>> = {
  group_wait: 'only Alertmanager can wait for a group; keep it in alertmanager.yml',
  group_interval: 'only Alertmanager can wait for a group; keep it in alertmanager.yml',
  repeat_interval:
    'only Alertmanager repeats; keep it in alertmanager.yml (here: `dedup.window` and `dedup.repeats`)',
  inhibit_rules: 'only Alertmanager sees all alerts; keep it in alertmanager.yml',
  service_key:
    'Events API v1 is not supported; create an "Events API v2" integration on the service and use its key as `routing_key`',
  service_key_file:
    'Events API v1 is not supported; create an "Events API v2" integration on the service and use its key as `routing_key_file`',
  resolve_timeout: 'only Alertmanager ends alerts; keep it in alertmanager.yml',
};

/** Why Alertmanager's setting `name` is not taken here; undefined when it is none of Alertmanager's. */
export function belongsElsewhere(name: string): string | undefined {
  if (Object.hasOwn(ALERTMANAGER_ONLY, name)) return ALERTMANAGER_ONLY[name];
  if (name.endsWith('_configs')) {
    return 'not an integration of pagerelay; keep it in alertmanager.yml, on a receiver of its own';
  }
  if (/^(smtp|slack|hipchat|victorops|wechat|telegram|webex|jira|rocketchat|mattermost)_/.test(name)) {
    return 'a setting of another integration; keep it in alertmanager.yml';
  }
  return undefined;
}
