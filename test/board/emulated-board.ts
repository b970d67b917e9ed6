// Boots the emulated board on the host's own files, has it run one scenario, and hears what it tells.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const HERE = new URL('.', import.meta.url).pathname;
const MEMORY_MB = 768;
const SHARED_MEMORY = '/dev/shm';

/** One step of a scenario. */
export interface Step {
  readonly step: string;
  readonly ok: boolean;
  readonly why?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** What became of a scenario. */
export interface Run {
  readonly steps: readonly Step[];
  /** What else was on the board's console. */
  readonly console: readonly string[];
  /** Of the scenario; undefined: the board did not get so far. */
  readonly exit: number | undefined;
  readonly tookMs: number;
}

export interface BootOptions {
  /** Of the host's time; then the board is ended. */
  readonly withinMs?: number;
  /** Time that nothing happens in is skipped. */
  readonly timeTravel?: boolean;
  /** More of the kernel's parameters: `softdog.soft_margin=10`. */
  readonly parameters?: readonly string[];
  /** Handed to the scenario's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Builds the kernel where there is none yet. @returns its path */
export function kernel(): string {
  return execFileSync(`${HERE}kernel`, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/**
 * @param image the kernel
 * @param scenario a file beside this one, JavaScript or TypeScript; its imports come along
 */
export async function boot(image: string, scenario: string, options: BootOptions = {}): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'doorphone-board-'));
  try {
    await pack(folder, scenario, options.environment ?? {});
    return await run(image, folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts into a folder what the board's first program looks for. */
async function pack(folder: string, scenario: string, environment: Readonly<Record<string, string>>): Promise<void> {
  copyFileSync(`${HERE}init`, join(folder, 'init'));
  writeFileSync(join(folder, 'node'), process.execPath);
  writeFileSync(join(folder, 'chance'), randomBytes(256));
  await build({
    entryPoints: [`${HERE}${scenario}`],
    outfile: join(folder, 'scenario.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    plugins: [sourcePlaces],
    // CommonJS packages in an ES module still call require for Node's own modules.
    banner: {
      js: [
        "import { createRequire as __createRequire } from 'node:module';",
        'const require = __createRequire(import.meta.url);',
        `Object.assign(process.env, ${JSON.stringify(environment)});`,
      ].join('\n'),
    },
  });
}

/** Every module's URL is its source's, from where it finds the product and the speech files. */
const sourcePlaces: Plugin = {
  name: 'source-places',
  setup: (bundle) => {
    bundle.onLoad({ filter: /\/test\/.*\.(ts|mjs)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    }));
  },
};

async function run(image: string, folder: string, options: BootOptions): Promise<Run> {
  const began = performance.now();
  const board = spawn(
    image,
    [
      ...[`mem=${MEMORY_MB}M`, 'rootfstype=hostfs', 'rootflags=/', 'ro', 'quiet', 'con=null', 'con0=null,fd:1'],
      ...['panic=-1', `init=${folder}/init`, `FOLDER=${folder}`],
      ...(options.timeTravel === true ? ['time-travel'] : []),
      ...(options.parameters ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { TMPDIR: memoryFolder(folder), HOME: folder } },
  );
  const steps: Step[] = [];
  const console: string[] = [];
  let exit: number | undefined;
  const limit = setTimeout(() => {
    console.push('(ended by the host: its time was over)');
    end(board);
  }, options.withinMs ?? 120_000);
  // The host's own end takes the board along.
  const leave = (): void => end(board);
  process.once('exit', leave);
  board.stderr.setEncoding('utf8').on('data', (text: string) => console.push(text.trimEnd()));
  for await (const line of createInterface({ input: board.stdout })) {
    const told = /@@(\{.*\})\s*$/.exec(line)?.[1];
    const fact: unknown = told === undefined ? undefined : JSON.parse(told);
    if (isStep(fact)) steps.push(fact);
    else if (isExit(fact)) exit = fact.exit;
    else console.push(line.trimEnd());
  }
  clearTimeout(limit);
  process.off('exit', leave);
  end(board);
  return { steps, console, exit, tookMs: performance.now() - began };
}

/** The board's memory is a file: shared memory where a container has enough of it and lets it be run from, else a disk's. */
function memoryFolder(otherwise: string): string {
  const { bavail, bsize } = statfsSync(SHARED_MEMORY);
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === SHARED_MEMORY);
  const mayRun = mount?.split(' ')[3]?.split(',').includes('noexec') === false;
  return mayRun && bavail * bsize > 2 * MEMORY_MB * 2 ** 20 ? SHARED_MEMORY : otherwise;
}

/** The kernel and its processes are one group. */
function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

const isStep = (fact: unknown): fact is Step => typeof fact === 'object' && fact !== null && 'step' in fact;
const isExit = (fact: unknown): fact is { exit: number } => typeof fact === 'object' && fact !== null && 'exit' in fact;
