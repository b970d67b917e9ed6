// Pauses that are not sent, with linphone: comfort noise (RFC 3389) each way, and a phone that takes none.

import { describe, expect } from 'vitest';
import { durationMs, excerpt, findVoice, loadSpeech, loudness, type Sound } from '../support/audio-analysis.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { Doorphone } from './rig/doorphone.ts';
import type { Linphone } from './rig/linphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { decodeG711, PCMA, type RtpPacket } from './rig/rtp.ts';
import { elapse, until } from './rig/stream.ts';
import { writeWav } from './rig/wav.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
const HEARD = 0.6;
/** The static payload type of comfort noise, at 8 kHz (RFC 3551 §6). */
const NOISE = 13;
const UNITS_A_MS = 8;
const PACKET_MS = 20;
const PAUSE_MS = 4_000;
/** White noise under all that is said, before any volume: -51 dB of full scale. */
const ROOM = 0.00289;

interface House {
  readonly door: Doorphone;
  readonly phone: Linphone;
  /** What the phone has played so far. */
  readonly played: () => Sound;
}

/** Speech, and then nobody says anything, in a room with noise. */
function turns({ rate, samples: speech }: Sound, noise: number): Sound {
  const random = new SeededRandom(3389);
  const samples = new Float32Array(speech.length + PAUSE_MS * UNITS_A_MS);
  samples.set(speech);
  const white = (): number => noise * Math.sqrt(12) * (random.uniform() - 0.5);
  return { rate, samples: samples.map((sample) => sample + white()) };
}

/** A door that leaves out pauses, in a call with a phone that has a sound card: it could not say a file (`Linphone.speak`). */
async function house(rig: Rig, options: { takesNoise: boolean; room?: number }): Promise<House> {
  const { takesNoise, room = ROOM } = options;
  const sound = await rig.soundServer('phone');
  const phone = await rig.linphone('phone', {
    user: '101',
    environment: sound.cardEnvironment({ kind: 'server' }),
    ...(takesNoise ? { settings: { misc: ['use_cn=1'] } } : {}),
  });
  const input = `${rig.folder}/visitor.wav`;
  const visitor = turns(VISITOR, ROOM);
  writeWav(input, visitor, durationMs(visitor));
  const output = `${rig.folder}/door/heard.wav`;
  const door = await rig.doorphone({
    configuration: {
      buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } },
      audio: { device: 'file', input, output, voiceActivityDetection: true },
    },
  });
  sound.say('resident.en', turns(RESIDENT, room));
  const played = sound.recordSpeaker();
  await door.press();
  await door.saw('call.answered');
  await phone.callState('StreamsRunning');
  return { door, phone, played };
}

/** @returns the packets of the first whole pause that an address has described: of noise, and the next one of sound */
async function pause(rig: Rig, address: string): Promise<RtpPacket[]> {
  const found = (): RtpPacket[] | undefined => {
    const packets = rig.wire.rtpFrom(address);
    const first = packets.findIndex(
      ({ atMs }, at) => packets[at]?.payloadType === NOISE && nextSound(packets, at).atMs - atMs > PAUSE_MS / 2,
    );
    return first < 0 ? undefined : packets.slice(first, packets.indexOf(nextSound(packets, first)) + 1);
  };
  await until(`${address} has left out a pause`, () => found() !== undefined, 15_000);
  return found() ?? [];
}

/** The packet of sound that follows; the packet itself where none has come yet. */
function nextSound(packets: readonly RtpPacket[], from: number): RtpPacket {
  return packets.slice(from).find(({ payloadType }) => payloadType === PCMA) ?? (packets[from] as RtpPacket);
}

const decibels = (level: number): number => 20 * Math.log10(level);

async function hangUp({ door, phone }: House): Promise<void> {
  phone.command('terminate');
  const ended = await door.saw('call.ended');
  expect(ended).toMatchObject({ reason: 'hangup-remote', media: { packetsLost: 0 } });
  expect(door.allOf('media.lost')).toEqual([]);
}

describe('pauses (RFC 3389) with linphone', () => {
  test('of the visitor are described to it, and it hears what comes after them', async ({ rig }) => {
    const place = await house(rig, { takesNoise: true });
    const silence = await pause(rig, ADDRESSES.door);
    const resumedAt = durationMs(place.played());
    await elapse(3_000);
    const recording = place.played();
    await hangUp(place);

    const packets = rig.wire.rtpFrom(ADDRESSES.door);
    const before = packets.slice(packets.indexOf(silence[0] as RtpPacket) - 10).slice(0, 10);
    // §3.1: in -dBov of what the encoder would have had.
    const level = -decibels(loudness(decodeG711(before)));
    for (const { payload } of silence.slice(0, -1)) expect(Math.abs((payload[0] ?? 0) - level)).toBeLessThan(4);
    // Said at once, and every two seconds, where sound would have been fifty packets a second.
    expect(silence.length).toBeLessThan(6);

    // RFC 3550 §5.1: the clock goes on where nothing is sent; RFC 3551 §4.1: speech begins with the marker.
    const [first] = packets as [RtpPacket];
    for (const [at, packet] of packets.entries()) {
      expect((packet.sequence - first.sequence) & 0xffff).toBe(at);
      const heardMs = ((packet.timestamp - first.timestamp) >>> 0) / UNITS_A_MS;
      expect(Math.abs(heardMs - (packet.atMs - first.atMs))).toBeLessThan(250);
      expect(heardMs % PACKET_MS).toBe(0);
      const begins = packet.payloadType === PCMA && packets[at - 1]?.payloadType !== PCMA;
      expect(packet.marker).toBe(begins);
    }

    expect(findVoice(excerpt(recording, 0, resumedAt - PAUSE_MS / 2), VISITOR).correlation).toBeGreaterThan(HEARD);
    expect(findVoice(excerpt(recording, resumedAt), VISITOR).correlation).toBeGreaterThan(HEARD);
    // In between it makes noise of its own.
    const between = excerpt(recording, resumedAt - PAUSE_MS / 2, resumedAt - 500);
    expect(Math.abs(decibels(loudness(between)) + level)).toBeLessThan(10);
  });

  test('are sent as sound to one that takes no comfort noise', async ({ rig }) => {
    const place = await house(rig, { takesNoise: false });
    await elapse(durationMs(VISITOR) + PAUSE_MS);
    await hangUp(place);
    const packets = rig.wire.rtpFrom(ADDRESSES.door);
    expect(new Set(packets.map(({ payloadType }) => payloadType))).toEqual(new Set([PCMA]));
    const lastMs = (packets.at(-1)?.atMs ?? 0) - (packets[0]?.atMs ?? 0);
    expect(packets.length).toBeGreaterThan((0.95 * lastMs) / PACKET_MS);
    expect(findVoice(place.played(), VISITOR).correlation).toBeGreaterThan(HEARD);
  });

  test.for([
    ['with the noise of a room', ROOM],
    ['that are silent', 0],
  ] as const)('of the resident %s are no loss', async ([, room], { rig }) => {
    const place = await house(rig, { takesNoise: true, room });
    const { door } = place;
    const silence = await pause(rig, ADDRESSES.phone);
    const resumedAt = durationMs(door.heard());
    await elapse(3_000);
    const heard = door.heard();
    const { call } = await door.status();
    await hangUp(place);

    const [begins, ends] = [silence[0]?.atMs ?? 0, silence.at(-1)?.atMs ?? 0];
    expect(silence.length).toBeLessThan((ends - begins) / PACKET_MS / 4);
    expect(call?.quality).toMatchObject({ lossPercent: 0 });
    // Of G.711 without any loss the E-model makes 4.4.
    expect(call?.quality?.mos).toBeGreaterThan(4.1);
    expect(findVoice(excerpt(heard, 0, resumedAt - PAUSE_MS / 2), RESIDENT).correlation).toBeGreaterThan(HEARD);
    expect(findVoice(excerpt(heard, resumedAt), RESIDENT).correlation).toBeGreaterThan(HEARD);
    const between = decibels(loudness(excerpt(heard, resumedAt - PAUSE_MS / 2, resumedAt - 500)));
    if (room === 0) expect(between).toBeLessThan(-70);
    else expect(Math.abs(between + (silence[0]?.payload[0] ?? 0))).toBeLessThan(10);
  });
});
