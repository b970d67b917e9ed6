// The start at which somebody had a finger on the button, with all that the door has had gone.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, scenario } from '../board/guest.ts';
import { ask, property, started } from './pi.guest.ts';

await scenario({
  'the service starts': async () => {
    await started();
  },

  'configuration and Wi-Fi are as on the first day': () => {
    expect('configuration', readFileSync('/etc/doorphone/doorphone.yaml', 'utf8').includes('Side gate'), false);
    expect('Wi-Fi', readdirSync('/etc/wpa_supplicant'), []);
    expect('what it kept', existsSync('/var/lib/doorphone/kept-by-the-test'), false);
    return {
      said: ask('journalctl', '-b', '-o', 'cat', '-u', 'doorphone-reset-button').split('\n'),
      kernelToRingableS: Number(property('doorphone', 'ActiveEnterTimestampMonotonic')) / 1e6,
    };
  },
});
