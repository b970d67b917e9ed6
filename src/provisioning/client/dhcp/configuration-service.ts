// The configuration services of RFC 6011: DHCP names a domain (option 141), the DNS says where its files are, and the device
// tells who it is in the question.

import type { ServerFound } from '../types.ts';
import { configurationDomains, type DhcpLease, serversIn } from './dhcp-options.ts';

/** What a device says of itself (RFC 6011 §2.3.2.1). */
export interface ConfiguredDevice {
  /** URN, the same as at registrars. */
  readonly id: string;
  readonly vendor: string;
  readonly model: string;
  readonly version: string;
  readonly user?: string;
}

export interface DhcpServersParts {
  readonly device: ConfiguredDevice;
  /** The URIs of a domain's service (RFC 4848), the best first. Rejects never. */
  readonly urisOf: (domain: string, service: string) => Promise<readonly string[]>;
}

const OPTION = 141;
/** RFC 6011 §2.3.1. */
const SERVICE = 'SFUA.CFG';

/**
 * The servers that a lease names, in the order of `wanted`; the domains of 141 are asked of the DNS.
 * @param wanted codes of DHCPv4
 */
export async function dhcpServers(
  lease: DhcpLease,
  wanted: readonly number[],
  { device, urisOf }: DhcpServersParts,
): Promise<readonly ServerFound[]> {
  const found: ServerFound[] = [];
  for (const code of wanted) {
    if (code !== OPTION) {
      found.push(...serversIn(lease, [code]));
      continue;
    }
    for (const { domain, by } of configurationDomains(lease)) {
      const bases = (await urisOf(domain, SERVICE)).filter((uri) => /^https:\/\//i.test(uri));
      found.push(...bases.map((base): ServerFound => ({ from: 'dhcp', uri: configurationUrl(base, device), by })));
    }
  }
  return found;
}

/** RFC 6011 §2.3.2: what the device has of it, in the order of the example. */
export function configurationUrl(base: string, { id, vendor, model, version, user }: ConfiguredDevice): string {
  const all = [
    ['sfua-id', id],
    ['sfua-user', user],
    ['sfua-vendor', vendor],
    ['sfua-model', model],
    ['sfua-revision', version],
  ] as const;
  const query = all.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value).replaceAll('%3A', ':')}`],
  );
  const plain = base.split('#', 1)[0] ?? '';
  return `${plain}${plain.includes('?') ? '&' : '?'}${query.join('&')}`;
}
