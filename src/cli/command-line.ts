// The command line: from arguments to an exit code. 0 done, 1 refused or failed (one line on standard error says why),
// 2 wrong usage. Each command loads what it needs and no more, so that a press is on its way at once.

import { DoorphoneError } from '../base/errors.ts';
import { type Invocation, readArguments } from './arguments.ts';
import { commandHelp, generalHelp } from './command-table.ts';
import type { Surroundings } from './io.ts';
import { DEFAULT_CONFIG, socketPath, stateFolder } from './paths.ts';

/** Carries out one command line. @param args without the program. @returns the exit code */
export async function runCommandLine(args: readonly string[], around: Surroundings): Promise<number> {
  const request = readArguments(args);
  if (!request.ok) return report(around, { json: args.includes('--json'), code: 'usage', line: request.error }, 2);
  switch (request.value.kind) {
    case 'version':
      around.out.write(request.value.json ? `${JSON.stringify({ version: around.version })}\n` : `${around.version}\n`);
      return 0;
    case 'help':
      around.out.write(request.value.command === undefined ? generalHelp() : commandHelp(request.value.command));
      return 0;
    case 'command':
      return await attempt(request.value.invocation, around);
  }
}

async function attempt(invocation: Invocation, around: Surroundings): Promise<number> {
  try {
    return await carryOut(invocation, around);
  } catch (thrown) {
    // A fault that nobody foresaw is a fault of the program: its trace is worth more than a tidy line.
    if (!(thrown instanceof DoorphoneError)) throw thrown;
    return report(
      around,
      { json: invocation.json, code: thrown.code, line: thrown.line },
      thrown.code === 'usage' ? 2 : 1,
    );
  }
}

function report(
  around: Surroundings,
  failure: { readonly json: boolean; readonly code: string; readonly line: string },
  exitCode: number,
): number {
  const { code, line } = failure;
  if (failure.json) around.out.write(`${JSON.stringify({ error: { code, message: line } })}\n`);
  around.err.write(`doorphone: ${line}\n`);
  return exitCode;
}

async function carryOut(invocation: Invocation, around: Surroundings): Promise<number> {
  const { programs, environment, version } = around;
  const { config, json, once } = invocation;
  switch (invocation.command) {
    case 'run':
      return await programs.runService({
        configFile: config ?? DEFAULT_CONFIG,
        configGiven: config !== undefined,
        stateFolder: stateFolder(invocation, environment),
        socketPath: socketPath(invocation, environment),
        version,
      });
    case 'demo':
      return await programs.runDemo({ once, json, version });
    case 'check': {
      const { check } = await import('./check.ts');
      return check(invocation.positionals[0] ?? '', json, around);
    }
    case 'board': {
      const { board } = await import('./board.ts');
      return await board(invocation, around);
    }
    case 'release': {
      const outcome = await programs.releaseRelays({
        configFile: config ?? DEFAULT_CONFIG,
        configGiven: config !== undefined,
        stateFolder: stateFolder(invocation, environment),
      });
      around.out.write(json ? `${JSON.stringify(outcome)}\n` : `${outcome.message}\n`);
      return 0;
    }
    case 'dhcp-inform': {
      const [file] = invocation.positionals;
      const warn = (what: string): void => around.err.write(`doorphone: ${what}\n`);
      const outcome = await programs.informByDhcp({ ...(file === undefined ? {} : { file }), warn });
      const said = outcome.answered.length === 0 ? 'nobody has answered' : `answered at ${outcome.answered.join(', ')}`;
      around.out.write(json ? `${JSON.stringify(outcome)}\n` : `${said}\n`);
      return 0;
    }
    case 'provision-server': {
      const { provisionServer } = await import('./provision-server.ts');
      return await provisionServer(invocation, around);
    }
    case 'audio': {
      if (invocation.positionals[0] !== 'calibrate')
        throw new DoorphoneError('usage', 'audio calibrate is all there is');
      const { askService } = await import('./ask.ts');
      return await askService('calibrate', invocation, around);
    }
    case 'events': {
      const { showEvents } = await import('./events.ts');
      return await showEvents(invocation, around);
    }
    default: {
      const { askService } = await import('./ask.ts');
      return await askService(invocation.command, invocation, around);
    }
  }
}
