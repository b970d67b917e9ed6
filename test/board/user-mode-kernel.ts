// Runs the user-mode kernel on a folder of the host's as its root, and hears what is told on its console.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { createInterface } from 'node:readline';

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

export interface KernelOptions {
  /** Of the board's memory; default: 768. */
  readonly memoryMb?: number;
  /** Of the host's time; then the board is ended. */
  readonly withinMs?: number;
  /** Time that nothing happens in is skipped. */
  readonly timeTravel?: boolean;
  /** More of the kernel's parameters: `softdog.soft_margin=10`. */
  readonly parameters?: readonly string[];
}

/**
 * @param image the kernel
 * @param parameters of the kernel: its root, its first program
 * @param folder where its memory lies if shared memory is too small
 */
export async function runKernel(
  image: string,
  parameters: readonly string[],
  folder: string,
  options: KernelOptions,
): Promise<Run> {
  const { memoryMb = MEMORY_MB } = options;
  const began = performance.now();
  const board = spawn(
    image,
    [
      ...[`mem=${memoryMb}M`, 'rootfstype=hostfs', 'quiet', 'con=null', 'con0=null,fd:1', 'panic=-1', ...parameters],
      ...(options.timeTravel === true ? ['time-travel'] : []),
      ...(options.parameters ?? []),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { TMPDIR: memoryFolder(folder, memoryMb), HOME: folder },
    },
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
function memoryFolder(otherwise: string, memoryMb: number): string {
  const { bavail, bsize } = statfsSync(SHARED_MEMORY);
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === SHARED_MEMORY);
  const mayRun = mount?.split(' ')[3]?.split(',').includes('noexec') === false;
  return mayRun && bavail * bsize > 2 * memoryMb * 2 ** 20 ? SHARED_MEMORY : otherwise;
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
