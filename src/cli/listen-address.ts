export interface ListenAddress {
  /** Empty for every interface, of IPv6 too where the machine has it. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port`, or `:port` for every interface; undefined when it is none of these. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) return undefined;
  return { host: found[1] ?? found[2] ?? '', port };
}

/** The address as it stands in a URL. */
export function printListenAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
