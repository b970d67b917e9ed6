// `doorphone provision-server publish`: one round. It checks the folder, writes the files, tells the presence servers what
// is another than before, and ends.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SystemClock } from '../base/clock.ts';
import { DoorphoneError, describeError, errorCode } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { SystemRandom } from '../base/random.ts';
import { Secret } from '../base/secret.ts';
import { minutes } from '../base/units.ts';
import { DeviceStore } from '../provisioning/server/device-store.ts';
import { Fleet } from '../provisioning/server/fleet.ts';
import { type FolderContent, ProfileFolder } from '../provisioning/server/profile-folder.ts';
import { PublishedStore } from '../provisioning/server/published-store.ts';
import {
  type FileStore,
  type ProfileToPublish,
  Publisher,
  type PublishTally,
} from '../provisioning/server/publisher.ts';
import type { PublishSettings } from '../provisioning/server/settings.ts';
import {
  type Account,
  formatUri,
  NodeDatagramNetwork,
  NodeStreamNetwork,
  parseUri,
  SipAgent,
  type SipUri,
} from '../sip/index.ts';
import { standardErrorLog } from './log.ts';
import { resolveHost, systemDns } from './names.ts';
import { ownerSocket } from './provision-server.ts';
import { prepareStateFolder } from './state-folder.ts';
import { storeFileAt, writeWhole } from './store-file.ts';

export interface PublishProfilesOptions {
  readonly profiles: string;
  readonly stateFolder: string;
  readonly version: string;
}

type GoodContent = Extract<FolderContent, { ok: true }>;

/** Files that a web server's group may read. */
const MODE = 0o640;

/** @returns what became of the profiles @throws DoorphoneError */
export async function publishProfiles(options: PublishProfilesOptions): Promise<PublishTally> {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const log = standardErrorLog({ clock, level: 'warn' });
  const content = new ProfileFolder(resolve(options.profiles), clock).read();
  if (!content.ok) {
    throw new DoorphoneError('bad-profiles', content.faults.join('\n'), { mend: 'nothing was published' });
  }
  const { publish } = content.settings;
  if (publish === undefined) {
    throw new DoorphoneError('not-configured', 'server.yaml does not say where to publish', {
      mend: 'give it the key publish, as docs/provisioning.md says',
    });
  }
  const parsed = parseUri(publish.server);
  if (!parsed.ok) throw new DoorphoneError('bad-server', `publish.server cannot be used: ${parsed.error.message}`);
  const server = parsed.value;
  prepareStateFolder(options.stateFolder);
  if (existsSync(ownerSocket(options.stateFolder))) {
    throw new DoorphoneError('in-use', `a provision-server works with ${options.stateFolder}`, {
      mend: 'stop it, as its devices go to the presence servers now; after a crash, take provision.sock away',
    });
  }
  const devices = new DeviceStore(storeFileAt(join(options.stateFolder, 'fleet.jsonl')));
  const fleet = new Fleet({ clock, random, log, store: devices, layers: content.layers, approve: 'manual' });
  const profiles = profilesOf(fleet, content);
  // A serial or a token that somebody was told must not be forgotten.
  devices.flush();
  const agent = agentFor(publish, { clock, random, log, version: options.version });
  await agent.start();
  try {
    const publisher = new Publisher({
      clock,
      log,
      agent,
      account: accountOf(publish, server, options.profiles),
      server,
      url: publish.url,
      files: folderStore(resolve(options.profiles, publish.files)),
      store: new PublishedStore(storeFileAt(join(options.stateFolder, 'published.jsonl'))),
    });
    return await publisher.run(profiles);
  } finally {
    await agent.stop();
  }
}

/** Of every device that has a file, or was approved. */
function profilesOf(fleet: Fleet, { layers }: GoodContent): readonly ProfileToPublish[] {
  for (const id of layers.devices) {
    fleet.see({ id, address: '' });
    fleet.approve(id);
  }
  return fleet.devices.flatMap(({ id, token }) => {
    const document = fleet.profileOf(id);
    return document === undefined ? [] : [{ id, token, serial: document.serial, text: document.text }];
  });
}

interface Ground {
  readonly clock: SystemClock;
  readonly random: SystemRandom;
  readonly log: Log;
  readonly version: string;
}

function agentFor({ server, resolvers }: PublishSettings, { clock, random, log, version }: Ground): SipAgent {
  return new SipAgent({
    clock,
    random,
    log,
    network: new NodeDatagramNetwork(),
    streams: new NodeStreamNetwork({}, clock),
    listen: [{ protocol: 'udp', address: server.includes('[') ? '::' : '0.0.0.0', port: 0 }],
    accounts: [],
    admit: () => ({ status: 0 }),
    resolve: resolveHost,
    dns: systemDns(() => resolvers),
    userAgent: `doorphone-publish/${version}`,
  });
}

function accountOf({ username, password }: PublishSettings, { host }: SipUri, folder: string): Account {
  const uri = formatUri({ ...NO_URI, scheme: 'sip', user: username, host });
  const secret = new Secret(readPassword(password, folder));
  return { uri, username, password: secret, expires: minutes(60), register: false };
}

const NO_URI = { password: undefined, port: undefined, parameters: new Map(), headers: new Map() };

/** @throws DoorphoneError `bad-secret` */
function readPassword(password: PublishSettings['password'], folder: string): string {
  if (typeof password === 'string') return password;
  const path = resolve(folder, password.file);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (thrown) {
    throw new DoorphoneError('bad-secret', `${path} cannot be read: ${describeError(thrown)}`, {
      mend: 'correct publish.password in server.yaml',
      cause: thrown,
    });
  }
}

/** A folder that a web server serves. */
function folderStore(folder: string): FileStore {
  return {
    put: (path, text) => {
      const file = join(folder, path);
      if (read(file)?.equals(text) === true) return;
      mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
      writeWhole(file, text.toString('utf8'), MODE);
    },
    remove: (path) => rmSync(dirname(join(folder, path)), { recursive: true, force: true }),
  };
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
