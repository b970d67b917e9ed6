// examples/fleet as it stands: two of Debian's Kamailio on one PostgreSQL, files at nginx, profiles published by the
// product's own tool. A node dies, and every door hears of the next change all the same.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { stringify } from 'yaml';
import type { Zone } from './rig/dns.ts';
import type { Doorphone } from './rig/doorphone.ts';
import { ADDRESSES, type HostName } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { SipMessage } from './rig/sip-text.ts';

const BIN = new URL('../../bin/doorphone', import.meta.url).pathname;
const DOMAIN = 'fleet.example.test';
const PASSWORD = 'of the publisher';
/** A name for each order in which the nodes are tried. */
const ZONE: Zone = {
  hosts: { 'a.example.test': ADDRESSES.pbx, 'b.example.test': ADDRESSES.proxy },
  services: [
    ...service(DOMAIN, 'a', 'b'),
    ...service('first-a.example.test', 'a', 'b'),
    ...service('first-b.example.test', 'b', 'a'),
  ],
};

function service(name: string, ...nodes: readonly string[]) {
  return nodes.map((node, at) => ({
    name: `_sip._udp.${name}`,
    target: `${node}.example.test`,
    port: 5060,
    priority: at + 1,
  }));
}

/** The owner's folder, and the tool that publishes it. */
class Folder {
  #rounds = 0;
  constructor(
    private readonly rig: Rig,
    private readonly resolver: string,
    private readonly files: string,
  ) {
    mkdirSync(`${rig.folder}/profiles/devices`, { recursive: true });
  }

  write(path: string, content: object): void {
    writeFileSync(`${this.rig.folder}/profiles/${path}`, stringify(content));
  }

  settings(password = PASSWORD): void {
    this.write('server.yaml', {
      files: 'http:127.0.0.1:8080',
      publish: {
        server: `sip:${DOMAIN}`,
        username: 'publisher',
        password,
        files: `${this.rig.folder}/files`,
        url: this.files,
        resolvers: [this.resolver],
      },
    });
  }

  /** @returns what it says, and how it ends */
  async publish(): Promise<{ readonly code: number | null; readonly tally: unknown; readonly text: string }> {
    this.#rounds += 1;
    const program = this.rig.host('desk').start({
      name: `publish-${this.#rounds}`,
      logFolder: this.rig.folder,
      command: [
        ...([process.execPath, BIN, 'provision-server', 'publish', '--json'] as const),
        ...['--profiles', `${this.rig.folder}/profiles`, '--state', `${this.rig.folder}/publisher`],
      ],
    });
    const { code } = await program.exited;
    const line = program.lines.items.find((one) => one.startsWith('{"changed"'));
    return { code, tally: JSON.parse(line ?? 'null'), text: program.text };
  }
}

async function door(rig: Rig, host: HostName, server: string, resolver: string): Promise<Doorphone> {
  const configuration = {
    name: undefined,
    buttons: undefined,
    doors: undefined,
    sip: { listen: [`udp:${ADDRESSES[host]}:5060`], resolvers: [resolver] },
    provisioning: {
      server: `sip:${server}`,
      tls: { ca: rig.authority },
    },
  };
  return await rig.doorphone({ configuration }, host);
}

const profile = (name: string): object => ({
  name,
  accounts: [{ uri: `sip:door@${ADDRESSES.phone}`, register: false }],
  buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } },
});

const between =
  (from: string, to: string, method: string) =>
  (message: SipMessage): boolean =>
    message.method === method && message.from.address === from && message.to.address === to;

/** The hardware address that a board is known by. */
async function macOf(rig: Rig, host: HostName): Promise<string> {
  const shown = rig
    .host(host)
    .start({ name: `mac-${host}`, logFolder: rig.folder, command: ['cat', '/sys/class/net/eth0/address'] });
  await shown.exited;
  return shown.text.trim().replaceAll(':', '');
}

describe('a fleet beyond one machine', () => {
  test('is told by whichever node lives', async ({ rig }) => {
    const [names, database] = [await rig.nameServer(ZONE), await rig.postgres(DOMAIN, PASSWORD)];
    const nginx = await rig.nginx({ certificate: rig.certificate('files') });
    const shared = { domain: DOMAIN, database: database.url };
    const first = await rig.fleetNode('pbx', shared);
    await rig.fleetNode('proxy', shared);
    const folder = new Folder(rig, names.resolver, nginx.url);
    folder.settings();
    folder.write('common.yaml', profile('Front door'));
    for (const host of ['door', 'hall'] as const) {
      folder.write(`devices/${await macOf(rig, host)}.yaml`, { doors: { main: { relay: 'relay', code: '4711#' } } });
    }
    expect((await folder.publish()).tally).toMatchObject({ changed: 2, failed: 0 });

    const [front, hall] = [
      await door(rig, 'door', 'first-a.example.test', names.resolver),
      await door(rig, 'hall', 'first-b.example.test', names.resolver),
    ];
    for (const one of [front, hall]) await one.saw('provisioning.applied', { fits: ({ serial }) => serial === 1 });
    for (const [from, to] of [
      [ADDRESSES.door, ADDRESSES.pbx],
      [ADDRESSES.hall, ADDRESSES.proxy],
    ] as const) {
      expect(rig.wire.sip.items.some(between(from, to, 'SUBSCRIBE'))).toBe(true);
    }

    // Nothing has changed: nobody is told.
    expect((await folder.publish()).tally).toEqual({ changed: 0, refreshed: 0, removed: 0, unchanged: 2, failed: 0 });

    await first.kill();
    const [mark, wire] = [front.events.mark, rig.wire.sip.mark];
    folder.write('common.yaml', profile('Side door'));
    expect((await folder.publish()).tally).toMatchObject({ changed: 2, failed: 0 });
    for (const one of [front, hall]) {
      await one.saw('provisioning.applied', { fits: ({ serial }) => serial === 2, withinMs: 30_000 });
    }
    expect(front.events.mark).toBeGreaterThan(mark);
    // The dead node's door was told by the other, in the dialog that it had, and goes on with that in it.
    await rig.wire.sip.find('NOTIFY by the other node', between(ADDRESSES.proxy, ADDRESSES.door, 'NOTIFY'), {
      from: wire,
    });
    const refresh = await rig.wire.sip.find(
      'refresh at the other node',
      between(ADDRESSES.door, ADDRESSES.proxy, 'SUBSCRIBE'),
      {
        from: wire,
        withinMs: 20_000,
      },
    );
    expect(refresh.header('To')).toContain(';tag=');
    await rig.wire.sip.find(
      'its answer',
      (message) =>
        message.status === 200 &&
        message.header('CSeq') === refresh.header('CSeq') &&
        message.to.address === ADDRESSES.door,
      { from: wire },
    );
  });

  test('is published to by nobody without the password', async ({ rig }) => {
    const [names, database] = [await rig.nameServer(ZONE), await rig.postgres(DOMAIN, PASSWORD)];
    await rig.fleetNode('pbx', { domain: DOMAIN, database: database.url });
    const folder = new Folder(rig, names.resolver, 'https://files.example.test');
    folder.settings('guessed');
    folder.write('common.yaml', profile('Front door'));
    folder.write('devices/b827eb010203.yaml', {});
    const { code, tally, text } = await folder.publish();
    expect(code).toBe(1);
    expect(tally).toMatchObject({ changed: 0, failed: 1 });
    expect(text).toContain('407');
    expect(text).not.toContain('guessed');
    // The file is there, by a name that nobody can guess; nobody has been told of it.
    const [token = ''] = readdirSync(`${rig.folder}/files`);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.parse(readFileSync(`${rig.folder}/files/${token}/b827eb010203.yaml`, 'utf8'))).toMatchObject({
      name: 'Front door',
    });
  });
});
