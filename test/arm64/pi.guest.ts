// What the scenarios inside of the emulated Raspberry Pi work with: the header's wires, the service under systemd, its journal.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from '../interop/rig/stream.ts';

const CHIP = '/sys/devices/platform/gpio-sim/gpiochip0';
/** An emulated processor that shares the host's with others. */
const PATIENCE_MS = 600_000;

/** A program's output. @throws Error where it fails */
export function ask(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/** A property of a unit, as systemd knows it. */
export function property(unit: string, name: string): string {
  return ask('systemctl', 'show', '--value', '-p', name, unit);
}

/** What somebody outside does to a pin of the header. */
export function pull(offset: number, level: 'high' | 'low'): void {
  writeFileSync(`${CHIP}/sim_gpio${offset}/pull`, level === 'high' ? 'pull-up' : 'pull-down');
}

/** The level of a pin, as a meter shows it. */
export function isHigh(offset: number): boolean {
  return readFileSync(`${CHIP}/sim_gpio${offset}/value`, 'utf8').trim() === '1';
}

/** Waits until a pin has a level. @returns when it was seen, in milliseconds of this process */
export async function wire(offset: number, high: boolean): Promise<number> {
  await until(`line ${offset} ${high ? 'high' : 'low'}`, () => isHigh(offset) === high, PATIENCE_MS);
  return performance.now();
}

/** Waits until systemd takes the service for started. */
export async function started(): Promise<void> {
  await until('doorphone.service', () => property('doorphone', 'ActiveState') === 'active', PATIENCE_MS);
}

export type Entry = { readonly event?: unknown } & Readonly<Record<string, unknown>>;

/** The service's log, in the journal. */
export class Journal {
  readonly entries: Entry[] = [];
  readonly #program = spawn('journalctl', ['-u', 'doorphone', '-o', 'cat', '-f', '--no-tail'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

  constructor() {
    createInterface({ input: this.#program.stdout }).on('line', (line) => {
      const json = /^(?:<\d>)?(\{.*\})$/.exec(line)?.[1];
      const entry: unknown = json === undefined ? undefined : JSON.parse(json);
      if (typeof entry === 'object' && entry !== null) this.entries.push({ ...entry });
    });
  }

  get mark(): number {
    return this.entries.length;
  }

  async saw(event: string, from = 0): Promise<Entry> {
    const find = (): Entry | undefined => this.entries.slice(from).find((entry) => entry.event === event);
    await until(`event ${event}`, () => find() !== undefined, PATIENCE_MS);
    return find() ?? {};
  }

  close(): void {
    this.#program.kill();
  }
}

/** Waits until the root cannot be written. */
export async function readOnlyAgain(): Promise<void> {
  const options = (): string => ask('findmnt', '-no', 'OPTIONS', '/');
  await until('a root that is read-only', () => options().split(',')[0] === 'ro', PATIENCE_MS);
}
