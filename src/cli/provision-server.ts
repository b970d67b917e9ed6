// `doorphone provision-server`: runs the server, or asks a running one: who is there, who may have a profile; or publishes
// for a fleet that others serve.

import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DoorphoneError } from '../base/errors.ts';
import type { Invocation } from './arguments.ts';
import type { PublishTally, Surroundings } from './io.ts';
import { printable } from './printable.ts';

/** State of the server; apart from a door's, which may run on the same machine. */
const DEFAULT_STATE = '/var/lib/doorphone-provision';

/** @returns the exit code @throws DoorphoneError */
export async function provisionServer(invocation: Invocation, around: Surroundings): Promise<number> {
  const { profiles, state = DEFAULT_STATE, check, json } = invocation;
  const [action, device] = invocation.positionals;
  if (action === undefined || action === 'publish') {
    if (profiles === undefined) throw new DoorphoneError('usage', 'provision-server needs --profiles DIR');
    const options = { profiles, stateFolder: state, version: around.version };
    if (action === undefined) return await around.programs.runProvisionServer({ ...options, check });
    return report(await around.programs.publishProfiles(options), invocation, around);
  }
  const ask = async (method: string, path: string): Promise<string> =>
    await askServer(join(state, 'provision.sock'), method, path);
  switch (action) {
    case 'list': {
      const text = await ask('GET', '/devices');
      around.out.write(json ? text : table(JSON.parse(text)));
      return 0;
    }
    case 'metrics':
      around.out.write(await ask('GET', '/metrics'));
      return 0;
    case 'approve': {
      const id = (device ?? '').toLowerCase().replace(/:/g, '');
      if (!/^[0-9a-f-]{12,36}$/.test(id)) throw new DoorphoneError('usage', 'approve needs a device, as list shows it');
      const text = await ask('POST', `/approve/${id}`);
      around.out.write(json ? text : `${id} may have its profile\n`);
      return 0;
    }
    default:
      throw new DoorphoneError(
        'usage',
        `provision-server has no "${printable(action)}"; write list, approve, metrics or publish`,
      );
  }
}

/** @returns 1 where the presence server refused any */
function report(tally: PublishTally, { json }: Invocation, { out }: Surroundings): number {
  const words = Object.entries(tally).map(([what, count]) => `${count} ${what}`);
  out.write(json ? `${JSON.stringify(tally)}\n` : `${words.join(', ')}\n`);
  return tally.failed === 0 ? 0 : 1;
}

/** @throws DoorphoneError `not-running`, or what the server says */
function askServer(socketPath: string, method: string, path: string): Promise<string> {
  return new Promise((done, fail) => {
    const asked = httpRequest({ socketPath, method, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) done(text);
        else fail(new DoorphoneError('refused', errorOf(text)));
      });
    });
    asked.on('error', (cause) => {
      const mend = 'start it, or name its state folder with --state DIR';
      fail(new DoorphoneError('not-running', `no provisioning server answers at ${socketPath}`, { mend, cause }));
    });
    asked.end();
  });
}

function errorOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'error' in value) return printable(String(value.error));
  } catch {
    // No JSON: said below.
  }
  return 'the server refused it';
}

const COLUMNS = [
  'id',
  'model',
  'version',
  'approved',
  'serial',
  'applied',
  'verdict',
  'address',
  'seen',
  'reason',
] as const;

function table(devices: unknown): string {
  if (!Array.isArray(devices) || devices.length === 0) return 'no device has shown itself yet\n';
  const rows = devices.map((device: unknown) => COLUMNS.map((column) => cell(device, column)));
  const all = [COLUMNS.map((column) => column.toUpperCase()), ...rows];
  const widths = COLUMNS.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all
    .map(
      (row) =>
        `${row
          .map((text, at) => text.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function cell(device: unknown, column: string): string {
  if (typeof device !== 'object' || device === null || !Object.hasOwn(device, column)) return '-';
  const value = new Map(Object.entries(device)).get(column);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === null || value === '' ? '-' : printable(String(value));
}
