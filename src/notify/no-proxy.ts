import { BlockList, isIP, isIPv6 } from 'node:net';

/** Whether a host (a name, or an address without brackets) is to be reached without the proxy. */
export type IsDirect = (host: string, port: number) => boolean;

/**
 * Reads a `no_proxy` list: names with all below them (`.example.com`: only those), addresses, networks, each but networks
 * perhaps with a port, or `*` for everything. This host itself never goes through a proxy
 * (https://pkg.go.dev/golang.org/x/net/http/httpproxy).
 */
export function parseNoProxy(text: string): IsDirect {
  const entries = text.toLowerCase().split(/[,\s]+/);
  if (entries.includes('*')) return () => true;
  const rules = [isLoopback, ...entries.filter((entry) => entry !== '').map(parseEntry)];
  return (host, port) => rules.some((rule) => rule(host.toLowerCase(), port));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  return host === 'localhost' || contains(LOOPBACK, host);
}

function parseEntry(entry: string): IsDirect {
  const [, network = '', bits] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
  if (isIP(network) !== 0 && Number(bits) <= (isIPv6(network) ? 128 : 32)) {
    const list = new BlockList();
    list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
    return (host) => contains(list, host);
  }
  const [, withPort, only] = (isIPv6(entry) ? null : /^(.*):(\d+)$/.exec(entry)) ?? [];
  const name = (withPort ?? entry).replace(/^\[(.*)\]$/, '$1');
  const matches = isIP(name) === 0 ? domain(name) : address(name);
  return (host, port) => (only === undefined || port === Number(only)) && matches(host);
}

function address(ip: string): (host: string) => boolean {
  const list = new BlockList();
  list.addAddress(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  return (host) => contains(list, host);
}

function domain(name: string): (host: string) => boolean {
  const bare = name.replace(/^\*?\./, '');
  if (bare === '') return () => false;
  return (host) => (bare === name && host === bare) || host.endsWith(`.${bare}`);
}

function contains(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
