// The entry of the program: the real outputs, clock and parts for `command-line.ts`.

import { SystemClock } from '../base/clock.ts';
import { runCommandLine } from './command-line.ts';
import type { BoardTest, BoardTestOptions, Output, Programs } from './io.ts';
import { openTerminal } from './terminal.ts';

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

async function testBoard({ questions, found, ...options }: BoardTestOptions): Promise<BoardTest> {
  const [{ tryBoard }, { formatFinding }] = await Promise.all([
    import('../app/board/board-trial.ts'),
    import('../app/board/finding.ts'),
  ]);
  const terminal = openTerminal(process.stdin, questions === 'out' ? process.stdout : process.stderr);
  const examiner = { ask: terminal?.ask, say: (text: string) => terminal?.say(text) };
  try {
    return await tryBoard({ ...options, examiner, found: (finding) => found(formatFinding(finding)) });
  } finally {
    terminal?.close();
  }
}

const programs: Programs = {
  testBoard,
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
