// `doorphone provision` for eyes: what is in force and whence, what became of the last profiles.

import type { PastProfileReport, ProvisioningReport } from '../api/provisioning.ts';
import { localTime } from './printable.ts';

const STATES = {
  settled: 'in force',
  waiting: 'waits until no call is up and no door is open',
  proving: 'in force, and to show that it works',
};

/** One fact a line; no values: they may be secret. */
export function describeProvisioning({ profile, state, server, further, past, values }: ProvisioningReport): string {
  const rows: (readonly [string, string])[] = [
    [
      'profile',
      profile === null ? 'none' : `${profile.where}${serialOf(profile.serial)}, of ${localTime(profile.received)}`,
    ],
    ...(profile === null ? [] : [['state', STATES[state]] as const]),
    ['server', server ?? 'none yet'],
    ...further.map(({ of, where, serial, received }) => {
      return [of, `${where}${serialOf(serial)}, of ${localTime(received)}`] as const;
    }),
    ...past.map((one) => [one.verdict, describePast(one)] as const),
    ...values.map(({ key, layer, serial = null, received }) => {
      return [
        layer,
        `${key}${serialOf(serial)}${received === undefined ? '' : `, of ${localTime(received)}`}`,
      ] as const;
    }),
    ['default', 'what stands in none of them'],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function describePast({ where, serial, received, faults }: PastProfileReport): string {
  const why = faults.length === 0 ? '' : `: ${faults.join('; ')}`;
  return `${where}${serialOf(serial)}, of ${localTime(received)}${why}`;
}

const serialOf = (serial: number | null): string => (serial === null ? '' : `, serial ${serial}`);
