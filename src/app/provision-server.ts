// `doorphone provision-server`: the process. It checks the folder, opens sockets and files, and serves until a signal.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SystemClock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { SystemRandom } from '../base/random.ts';
import { Secret } from '../base/secret.ts';
import { joinPnpGroup } from '../provisioning/server/multicast.ts';
import { serveFiles, serveOwner } from '../provisioning/server/node-http.ts';
import { answerOwner } from '../provisioning/server/owner-service.ts';
import { type FolderContent, ProfileFolder } from '../provisioning/server/profile-folder.ts';
import { ProvisionServer } from '../provisioning/server/provision-server.ts';
import { formatHostPort, NodeDatagramNetwork, NodeStreamNetwork } from '../sip/index.ts';
import { standardErrorLog } from './log.ts';
import { untilSignalled } from './signals.ts';
import { prepareStateFolder } from './state-folder.ts';
import { asideStoreFileAt } from './store-file.ts';

export interface ProvisionServerOptions {
  readonly profiles: string;
  readonly stateFolder: string;
  readonly version: string;
  /** Only look whether the folder makes sense. */
  readonly check: boolean;
}

/** The socket that the command line asks a running server by. */
export const ownerSocket = (stateFolder: string): string => join(stateFolder, 'provision.sock');

/** After a power cut a fleet writes at once: that many datagrams, of a kilobyte or so, may wait. */
const INTAKE = 20_000;

type GoodContent = Extract<FolderContent, { ok: true }>;

/** Serves until a signal ends it. @returns the exit code */
export async function runProvisionServer(options: ProvisionServerOptions): Promise<number> {
  const clock = new SystemClock();
  const folder = new ProfileFolder(resolve(options.profiles), clock, process.env);
  const content = folder.read();
  if (!content.ok) {
    for (const fault of content.faults) process.stderr.write(`doorphone: ${fault}\n`);
    return 1;
  }
  if (options.check) {
    for (const warning of content.settings.warnings) process.stderr.write(`doorphone: ${warning}\n`);
    process.stdout.write(`${content.layers.devices.length} devices, no fault\n`);
    return 0;
  }
  if (content.settings.publish !== undefined) {
    throw new DoorphoneError('usage', 'server.yaml says that others serve these profiles (publish)', {
      mend: 'run provision-server publish, or take publish out',
    });
  }
  prepareStateFolder(options.stateFolder);
  const log = standardErrorLog({ clock, level: 'info' });
  await serve(options, { folder, content, clock, log });
  return 0;
}

interface Ground {
  readonly folder: ProfileFolder;
  readonly content: GoodContent;
  readonly clock: SystemClock;
  readonly log: Log;
}

async function serve(options: ProvisionServerOptions, { folder, content, clock, log }: Ground): Promise<void> {
  const { settings } = content;
  for (const warning of settings.warnings) log.warn('fleet.unwise', { warning });
  const certificate = readCertificate(options.profiles, settings);
  const network = new NodeDatagramNetwork(undefined, INTAKE);
  const server = new ProvisionServer({
    clock,
    random: new SystemRandom(),
    log,
    version: options.version,
    folder,
    content,
    storeFile: asideStoreFileAt(join(options.stateFolder, 'fleet.jsonl')),
    network,
    waiting: () => network.waiting,
    streams: new NodeStreamNetwork(
      certificate === undefined ? {} : { certificate: certificate.certificate, key: new Secret(certificate.key) },
      clock,
    ),
  });
  const open: { close(): void }[] = [];
  const ended = untilSignalled(() => server.reload());
  try {
    const { files } = settings;
    const https = files.protocol === 'https' ? certificate : undefined;
    open.push(await serveFiles(files, https, (request) => server.answerFile(request)));
    open.push(
      await serveOwner(ownerSocket(options.stateFolder), (request) =>
        answerOwner(
          request,
          server.fleet,
          () => server.subscriptions,
          () => server.passwords.refusals,
        ),
      ),
    );
    await server.start();
    if (settings.pnp) {
      open.push(await joinPnpGroup(log, (socket) => server.respondTo(socket)));
    }
    log.info('fleet.ready', {
      sip: server.listening.map(({ protocol, address, port }) => `${protocol}:${formatHostPort(address, port)}`),
      files: `${files.protocol}:${formatHostPort(files.address, files.port)}`,
      stopsOn: 'SIGTERM',
      reloadsOn: 'SIGHUP',
    });
    log.info('service.signal', { signal: await ended });
  } finally {
    for (const one of open) one.close();
    await server.stop();
  }
}

/** @throws DoorphoneError `bad-certificate` when a file cannot be read */
function readCertificate(
  folder: string,
  { certificate, key }: GoodContent['settings'],
): { readonly certificate: string; readonly key: string } | undefined {
  if (certificate === undefined) return undefined;
  const read = (path: string): string => {
    try {
      return readFileSync(resolve(folder, path), 'utf8');
    } catch (thrown) {
      throw new DoorphoneError('bad-certificate', `${path} cannot be read: ${describeError(thrown)}`, {
        mend: 'correct certificate and key in server.yaml',
      });
    }
  };
  return { certificate: read(certificate), key: read(key ?? certificate) };
}
