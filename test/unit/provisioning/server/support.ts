// A provisioning server on a network in memory, and a folder that is a table.

import { seconds } from '../../../../src/base/units.ts';
import { ProfileLayers } from '../../../../src/provisioning/server/layers.ts';
import type { StoreFile } from '../../../../src/provisioning/server/line-file.ts';
import type { FolderContent } from '../../../../src/provisioning/server/profile-folder.ts';
import { ProvisionServer } from '../../../../src/provisioning/server/provision-server.ts';
import { readSettings } from '../../../../src/provisioning/server/settings.ts';
import type { Work } from '../../../../src/provisioning/server/work.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

export const SERVER = { address: '10.0.0.5', port: 5060 };
export const DEVICE = 'b827eb010203';
export const URN = 'urn%3auuid%3af81d4fae-7ced-11d0-a765-00a0c91e6bf6';

type Texts = { [path: string]: string };

/** What is kept between two lives of a server. */
export class KeptFile implements StoreFile {
  text = '';
  read(): string {
    return this.text;
  }
  append(lines: string): void {
    this.text += lines;
  }
  replace(lines: string): void {
    this.text = lines;
  }
}

/** A folder whose files are in memory; `changed` tells of it. */
export class TableFolder {
  changed: () => void = () => undefined;
  constructor(readonly texts: Texts) {}

  *reading(): Work<FolderContent> {
    const content = this.read();
    yield;
    return content;
  }

  read(): FolderContent {
    const { 'server.yaml': written = '', ...rest } = this.texts;
    const settings = readSettings(written);
    const layers = ProfileLayers.read(new Map(Object.entries(rest)));
    if (!('sip' in settings)) return { ok: false, faults: settings };
    return layers instanceof ProfileLayers ? { ok: true, settings, layers } : { ok: false, faults: layers };
  }

  watch(changed: () => void): void {
    this.changed = changed;
  }

  close(): void {
    this.changed = () => undefined;
  }
}

export interface Served {
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly network: MemoryNetwork;
  readonly folder: TableFolder;
  readonly server: ProvisionServer;
  readonly device: ScriptedPhone;
  /** Every NOTIFY that came, repetitions left out. */
  notifies(): readonly SipRequest[];
  /** Lets everything under way arrive. */
  settle(): void;
}

/** A server at work, and a device beside it that answers each NOTIFY with 200. */
export async function served(texts: Texts, file: StoreFile = new KeptFile()): Promise<Served> {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const log = new RecordingLog();
  const folder = new TableFolder({ 'server.yaml': 'files: http:10.0.0.5:8080\nsip: [ udp:10.0.0.5:5060 ]', ...texts });
  const content = folder.read();
  if (!content.ok) throw new Error(content.faults.join('\n'));
  const server = new ProvisionServer({
    clock,
    random: new SeededRandom(3),
    log,
    version: '1.0',
    // The class reads the disk; the server asks it for no more than this.
    folder,
    content,
    storeFile: file,
    network: network.host(SERVER.address),
  });
  await server.start();
  const device = await ScriptedPhone.plug(network, '10.0.0.2');
  device.onMessage = (message) => {
    if (message.kind === 'request') device.answer(message, 200);
  };
  return {
    clock,
    log,
    network,
    folder,
    server,
    device,
    notifies: () => [...new Map(device.requests('NOTIFY').map((one) => [one.topVia.branch, one])).values()],
    settle: () => clock.advance(seconds(2)),
  };
}

export interface ProfileSubscribe {
  /** False: what is under way stays so. */
  readonly settles?: boolean;
  /** The same again makes a repetition. */
  readonly branch?: string;
  readonly user?: string;
  readonly callId?: string;
  readonly sequence?: number;
  readonly toTag?: string;
  readonly expires?: string;
  readonly accept?: string;
  readonly type?: string;
  /** In place of the device's own. */
  readonly uri?: string;
  /** In the Contact. */
  readonly instance?: string;
  readonly userAgent?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

/** A device's SUBSCRIBE. */
export function subscribe({ device, settle }: Served, wanted: ProfileSubscribe = {}): void {
  const { user = URN, callId = 'c1', sequence = 1, toTag, expires = '3600', type = 'device' } = wanted;
  const { uri = `sip:${user}@10.0.0.5`, instance } = wanted;
  const shown = instance === undefined ? '' : `;+sip.instance="<${instance}>"`;
  device.send(
    device.make('SUBSCRIBE', {
      uri,
      from: '<sip:anonymous@10.0.0.5>;tag=device',
      to: `<${uri}>${toTag === undefined ? '' : `;tag=${toTag}`}`,
      callId,
      sequence,
      ...(wanted.branch === undefined ? {} : { branch: wanted.branch }),
      headers: [
        ['Contact', `${device.contact}${shown}`],
        ['Event', `ua-profile;profile-type=${type};vendor="doorphone";model="one";version="1.0"`],
        ['Expires', expires],
        ['Accept', wanted.accept ?? 'message/external-body, application/yaml'],
        ['User-Agent', wanted.userAgent ?? `doorphone/1.0 ${DEVICE}`],
        ...(wanted.headers ?? []),
      ],
    }),
    SERVER,
  );
  if (wanted.settles !== false) settle();
}
