import { BlockList, isIP } from 'node:net';

/**
 * Whether `NO_PROXY` names a host, by the rules of curl: `*` alone is every host; entries are separated by commas or
 * blanks; a name is also that of all names below it, with or without a dot before it; an address is itself or, with a
 * number of bits, a network. Names are not looked up: an address excludes no name.
 *
 * @param host as in `URL.hostname`, an IPv6 address in brackets
 */
export function isExcluded(noProxy: string, host: string): boolean {
  if (noProxy.trim() === '*') return true;
  const entries = noProxy.split(/[\s,]+/).filter((entry) => entry !== '');
  const address = withoutBrackets(host);
  const family = isIP(address);
  if (family === 0) return entries.some((entry) => isNameBelow(host, entry));
  return entries.some((entry) => isAddressIn(address, family === 4 ? 'ipv4' : 'ipv6', entry));
}

function isNameBelow(host: string, entry: string): boolean {
  const [name, domain] = [host, entry].map((text) => text.toLowerCase().replace(/\.$/, ''));
  const base = domain!.replace(/^\./, '');
  return base !== '' && (name === base || name!.endsWith(`.${base}`));
}

function isAddressIn(address: string, family: 'ipv4' | 'ipv6', entry: string): boolean {
  const [network = '', bits] = entry.split('/').map(withoutBrackets);
  const maxBits = family === 'ipv4' ? 32 : 128;
  if (isIP(network) !== (family === 'ipv4' ? 4 : 6)) return false;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= maxBits)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits === undefined ? maxBits : Number(bits), family);
  return list.check(address, family);
}

function withoutBrackets(text: string): string {
  return text.replace(/^\[(.*)\]$/, '$1');
}
