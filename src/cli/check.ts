// `doorphone check FILE`: every fault and warning of a configuration, one a line.

import { relayLimits, unknownBoards } from '../app/boards.ts';
import { soundHere } from '../app/sound-here.ts';
import { type Fault, formatFault, loadConfiguration } from '../config/index.ts';
import type { Surroundings } from './io.ts';

/** @returns 1 when there is any fault; a warning is none */
export function check(file: string, json: boolean, { out, err, environment }: Surroundings): number {
  const { faults, warnings } = loadConfiguration(file, environment, {
    relayLimit: relayLimits(),
    unknownBoard: unknownBoards(),
    ...soundHere(),
  });
  if (json) out.write(`${JSON.stringify({ file, ok: faults.length === 0, faults, warnings })}\n`);
  else out.write(describe(file, faults, warnings));
  if (faults.length === 0) return 0;
  err.write(`doorphone: ${file} has ${count(faults, 'fault')}\n`);
  return 1;
}

function describe(file: string, faults: readonly Fault[], warnings: readonly Fault[]): string {
  const lines = [
    ...faults.map(formatFault),
    ...warnings.map((warning) => formatFault({ ...warning, what: `warning: ${warning.what}` })),
  ];
  if (faults.length === 0)
    lines.push(`${file}: no fault${warnings.length === 0 ? '' : `, ${count(warnings, 'warning')}`}`);
  return `${lines.join('\n')}\n`;
}

function count(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`;
}
