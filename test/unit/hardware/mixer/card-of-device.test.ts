import { expect, it } from 'vitest';
import { cardOfDevice } from '../../../../src/hardware/drivers/mixer/card-of-device.ts';

it.each([
  ['default', 'default'],
  ['hw:1', 'hw:1'],
  ['hw:Loopback,0', 'hw:Loopback'],
  ['plughw:1,0', 'hw:1'],
  ['plughw:CARD=Device,DEV=0', 'hw:Device'],
  ['plughw:DEV=0,CARD=Device', 'hw:Device'],
  ['sysdefault:CARD=seeed2micvoicec', 'hw:seeed2micvoicec'],
  ['dmix:CARD=Device,DEV=0,RATE=48000', 'hw:Device'],
  // The user's own: it has a mixer of that name, or none.
  ['door', 'door'],
  ['plug:SLAVE=dmix', 'plug:SLAVE=dmix'],
])('the mixer of %s is that of %s', (device, card) => {
  expect(cardOfDevice(device)).toBe(card);
});
