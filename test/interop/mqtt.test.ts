// The house's side, seen by Mosquitto's own clients.

import { describe, expect } from 'vitest';
import type { StateReport } from '../../src/api/state.ts';
import type { Doorphone } from './rig/doorphone.ts';
import type { Mosquitto } from './rig/mosquitto.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const PREFIX = 'doorphone/front-door';

async function houseDoor(rig: Rig, commands: readonly string[]): Promise<Doorphone> {
  return await rig.doorphone({
    configuration: {
      accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
      buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } },
      mqtt: { url: `mqtt://${ADDRESSES.pbx}:1883`, commands },
    },
  });
}

/** The next event of a type that the broker passed on. */
async function eventAt(broker: Mosquitto, type: string, from = 0): Promise<{ retained: boolean }> {
  return await broker.message(`${PREFIX}/event`, (payload) => JSON.parse(payload).type === type, { from });
}

async function stateAt(broker: Mosquitto, state: StateReport['state'], from = 0): Promise<void> {
  await broker.message(`${PREFIX}/state`, (payload) => JSON.parse(payload).state === state, { from });
}

describe('MQTT', () => {
  test('shows availability, state and events, and presses the button', async ({ rig }) => {
    const broker = await rig.mosquitto();
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await houseDoor(rig, ['press', 'hangup']);
    await broker.message(`${PREFIX}/availability`, (payload) => payload === 'online');
    await stateAt(broker, 'idle');

    await broker.publish(`${PREFIX}/command/press`, '{"button":"front"}');
    expect((await eventAt(broker, 'button.pressed')).retained).toBe(false);
    await eventAt(broker, 'call.answered');
    await resident.saw('CALL_ESTABLISHED');
    await stateAt(broker, 'talking');
    const mark = broker.published.mark;
    await broker.publish(`${PREFIX}/command/hangup`, '');
    await eventAt(broker, 'call.ended', mark);
    await stateAt(broker, 'idle', mark);

    await broker.publish(`${PREFIX}/command/press`, 'front');
    await resident.saw('CALL_ESTABLISHED', { from: resident.events.mark });
    await door.stop();
    await broker.message(`${PREFIX}/availability`, (payload) => payload === 'offline', { from: mark });
  });

  test('says offline by its will when the service is killed, retained both times', async ({ rig }) => {
    const broker = await rig.mosquitto();
    const door = await houseDoor(rig, []);
    await broker.message(`${PREFIX}/availability`, (payload) => payload === 'online');
    expect(await broker.retained(`${PREFIX}/availability`)).toBe('online');
    expect(JSON.parse(await broker.retained(`${PREFIX}/state`))).toMatchObject({ state: 'idle' });
    await door.kill();
    await broker.message(`${PREFIX}/availability`, (payload) => payload === 'offline');
    expect(await broker.retained(`${PREFIX}/availability`)).toBe('offline');
  });

  test('opens where that is listed, at the moment and by no old message', async ({ rig }) => {
    const broker = await rig.mosquitto();
    // Both lie at the broker before the door comes.
    await broker.publish(`${PREFIX}/command/open`, '{"door":"main"}', { retain: true });
    const door = await houseDoor(rig, ['open']);
    await door.saw('mqtt.changed', { fits: (event) => event.connected });
    const old = new Date(Date.now() - 60_000).toISOString();
    await broker.publish(`${PREFIX}/command/open`, JSON.stringify({ door: 'main', time: old }));
    await elapse(1_000);
    expect(door.allOf('door.opened')).toEqual([]);

    await broker.publish(`${PREFIX}/command/open`, JSON.stringify({ door: 'main', time: new Date().toISOString() }));
    expect((await door.saw('door.opened')).by).toContain('mqtt');
    await door.saw('door.closed');
  });

  test('does not open where that is not listed', async ({ rig }) => {
    const broker = await rig.mosquitto();
    const door = await houseDoor(rig, ['press']);
    await door.saw('mqtt.changed', { fits: (event) => event.connected });
    await broker.publish(`${PREFIX}/command/open`, '{"door":"main"}');
    await broker.publish(`${PREFIX}/command/open`, 'main');
    await elapse(1_000);
    expect(door.allOf('door.opened')).toEqual([]);
  });

  test('may lose its broker in a call and finds it again', async ({ rig }) => {
    const broker = await rig.mosquitto();
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await houseDoor(rig, ['press']);
    await door.saw('mqtt.changed', { fits: (event) => event.connected });
    await door.press();
    await door.saw('call.answered');
    await elapse(500);
    await broker.kill();
    const killedAt = Date.now();
    await door.saw('mqtt.changed', { fits: (event) => !event.connected });
    await elapse(2_000);
    const packets = rig.wire.rtpFrom(ADDRESSES.door).filter((packet) => packet.atMs > killedAt);
    expect(packets.length).toBeGreaterThan(90);
    expect((await door.status()).state).toBe('talking');

    const mark = broker.published.mark;
    await broker.start();
    await broker.message(`${PREFIX}/availability`, (payload) => payload === 'online', { from: mark, withinMs: 15_000 });
    await stateAt(broker, 'talking', mark);
    await resident.hangup();
    await eventAt(broker, 'call.ended', mark);
  });

  test('may be missing: the button rings at once all the same', async ({ rig }) => {
    const resident = await rig.baresip('phone', { user: '101' });
    const door = await houseDoor(rig, ['press']);
    const pressed = Date.now();
    await door.press();
    await resident.saw('CALL_ESTABLISHED');
    const [invite] = rig.wire.requests('INVITE', ADDRESSES.door);
    expect((invite?.atMs ?? Number.POSITIVE_INFINITY) - pressed).toBeLessThan(500);
    expect((await door.status()).mqtt.connected).toBe(false);
  });
});
