// Packets of other lengths than 20 ms, as whoever calls asks for them (RFC 8866 §6.4); both sides then send such.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import type { Baresip } from './rig/baresip.ts';
import { account, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { PCMA } from './rig/rtp.ts';
import { elapse, until } from './rig/stream.ts';
import { writeWav } from './rig/wav.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
const HEARD = 0.6;
const UNITS_A_MS = 8;

interface House {
  readonly door: Doorphone;
  readonly resident: Baresip;
}

/** The one wants other packets than usual. */
async function house(rig: Rig, { phoneMs, doorMs = 20 }: { phoneMs?: number; doorMs?: number }): Promise<House> {
  const pbx = await rig.kamailio();
  const packets = phoneMs === undefined ? {} : { packetMs: phoneMs };
  const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address, ...packets });
  const spoken = `${rig.folder}/visitor.wav`;
  writeWav(spoken, VISITOR, 30_000);
  const door = await rig.doorphone({
    configuration: {
      accounts: [account()],
      media: { packetTime: `${doorMs}ms` },
      audio: { device: 'file', input: spoken, output: `${rig.folder}/door/heard.wav` },
    },
  });
  await door.registered();
  return { door, resident };
}

/** Both have been heard when it is over. */
async function talk({ door, resident }: House): Promise<void> {
  await door.saw('call.answered');
  await elapse(4_000);
  await resident.hangup();
  await door.saw('call.ended');
  await until('the phone has written its recording', () => soundingShare(resident.recording()) > 0);
  expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  expect(findVoice(resident.recording(), VISITOR).correlation).toBeGreaterThan(HEARD);
  expect(door.allOf('call.ended')[0]?.media).toMatchObject({ packetsLost: 0 });
}

/** Every packet of sound that left an address holds so much, and the next one goes on from there. */
function expectPackets(rig: Rig, address: string, ms: number): void {
  const packets = rig.wire.rtpFrom(address, PCMA);
  expect(packets.length).toBeGreaterThan(3_000 / ms);
  expect(new Set(packets.map(({ payload }) => payload.length))).toEqual(new Set([ms * UNITS_A_MS]));
  const steps = packets.slice(1).map(({ timestamp }, at) => (timestamp - (packets[at]?.timestamp ?? 0)) >>> 0);
  expect(new Set(steps)).toEqual(new Set([ms * UNITS_A_MS]));
}

describe('packets', () => {
  test.for([10, 30])('of %i ms, as the phone wants them', async (phoneMs, { rig }) => {
    const place = await house(rig, { phoneMs });
    await place.resident.dial(`sip:door@${ADDRESSES.pbx}`);
    await talk(place);
    for (const address of [ADDRESSES.door, ADDRESSES.phone]) expectPackets(rig, address, phoneMs);
  });

  test.for([40])('of %i ms, as the door wants them', async (doorMs, { rig }) => {
    const place = await house(rig, { doorMs });
    await place.door.press();
    await talk(place);
    for (const address of [ADDRESSES.door, ADDRESSES.phone]) expectPackets(rig, address, doorMs);
  });
});
