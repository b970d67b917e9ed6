// The entry of the program: the real outputs, clock and parts for `command-line.ts`.

import { SystemClock } from '../base/clock.ts';
import { runCommandLine } from './command-line.ts';
import type { Output, Programs } from './io.ts';

/** Put in by the build. */
declare const __DOORPHONE_VERSION__: string;

/** A standard stream whose reader may go away (`| head`): that ends the output, not the program. */
function standardOutput(stream: NodeJS.WriteStream): Output {
  const listeners: (() => void)[] = [];
  let closed = false;
  stream.on('error', () => {
    closed = true;
    for (const listener of listeners.splice(0)) listener();
  });
  return {
    get closed() {
      return closed;
    },
    write: (text) => {
      if (!closed) stream.write(text);
    },
    onClose: (listener) => {
      listeners.push(listener);
    },
  };
}

const programs: Programs = {
  runService: async (options) => (await import('../app/service.ts')).runService(options),
  runDemo: async (options) => (await import('../demo/demo.ts')).runDemo(options),
  runProvisionServer: async (options) => (await import('../app/provision-server.ts')).runProvisionServer(options),
  publishProfiles: async (options) => (await import('../app/publish-profiles.ts')).publishProfiles(options),
  informByDhcp: async (options) => (await import('../app/dhcp-inform.ts')).runDhcpInform(options),
  releaseRelays: async (options) => (await import('../app/release.ts')).releaseRelays(options),
};

void runCommandLine(process.argv.slice(2), {
  out: standardOutput(process.stdout),
  err: standardOutput(process.stderr),
  environment: process.env,
  clock: new SystemClock(),
  version: __DOORPHONE_VERSION__,
  programs,
}).then((exitCode) => {
  // What has been written goes out first; whatever else still holds the loop does not keep the program.
  process.stdout.write('', () => process.exit(exitCode));
});
