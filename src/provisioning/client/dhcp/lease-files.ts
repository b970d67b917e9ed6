// The leases of this machine, wherever its DHCP client keeps them. NetworkManager's own client keeps no options in its
// files; where nobody keeps what is looked for, a helper of the system's may write it to /run/doorphone/dhcp.json.

import type { DhcpLease } from './dhcp-options.ts';
import { readDhclient, readHelperFile, readMessage4, readMessage6, readNetworkd } from './lease-formats.ts';

/** The part of the file system that leases are read from. */
export interface LeaseDisk {
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
  /** Undefined: it is not there, is not ours to read, or is too large. */
  read(path: string): Buffer | undefined;
}

/** What `doorphone dhcp-inform` writes, or a script of the system's. */
export const HELPER_FILE = '/run/doorphone/dhcp.json';
const MOST_FILES = 32;

interface Keeper {
  readonly folder: string;
  /** Which of its files are leases; the first group names the interface. */
  readonly name: RegExp;
  readonly read: (bytes: Buffer, where: string) => readonly (DhcpLease | undefined)[];
}

const dhclient: Keeper['read'] = (bytes, where) => readDhclient(bytes.toString('latin1'), where);

const KEEPERS: readonly Keeper[] = [
  { folder: '/var/lib/dhcpcd', name: /^(.+)\.lease$/, read: (bytes, where) => [readMessage4(bytes, where)] },
  { folder: '/var/lib/dhcpcd', name: /^(.+)\.lease6$/, read: (bytes, where) => [readMessage6(bytes, where)] },
  {
    folder: '/run/systemd/netif/leases',
    name: /^(\d+)$/,
    read: (bytes, where) => [readNetworkd(bytes.toString('latin1'), `interface ${where}`)],
  },
  { folder: '/var/lib/dhcp', name: /^dhclient\.?(.*)\.leases$/, read: dhclient },
  { folder: '/var/lib/NetworkManager', name: /^dhclient-.*-([^-]+)\.lease$/, read: dhclient },
];

/** What the network says now: the helper's word first. */
export function readLeases(disk: LeaseDisk): readonly DhcpLease[] {
  const helper = disk.read(HELPER_FILE);
  const told = helper === undefined ? [] : readHelperFile(helper.toString('utf8'));
  const kept = KEEPERS.flatMap(({ folder, name, read }) =>
    disk
      .list(folder)
      .slice(0, MOST_FILES)
      .flatMap((file) => {
        const where = name.exec(file)?.[1];
        const bytes = where === undefined ? undefined : disk.read(`${folder}/${file}`);
        return bytes === undefined || where === undefined ? [] : read(bytes, where);
      }),
  );
  return [...told, ...kept.filter((lease) => lease !== undefined)];
}
