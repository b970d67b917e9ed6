// The house's side of a door, over a real broker: what it is told, what it may ask, and what happens when the broker or
// the door dies.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HouseBroker } from '../support/house-broker.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { UdpPhone } from '../support/udp-phone.ts';

const PREFIX = 'doorphone/front-door';
const COMMAND = `${PREFIX}/command`;

let broker: HouseBroker;
let phone: UdpPhone;
let service: ServiceProcess | undefined;

beforeEach(async () => {
  broker = await HouseBroker.start();
  phone = await UdpPhone.plug();
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await broker.kill();
  phone.unplug();
});

/** A door that is connected and takes commands. */
async function start(commands: readonly string[] = ['press', 'hangup']): Promise<ServiceProcess> {
  service = await ServiceProcess.start({
    configuration: {
      mqtt: { url: broker.url, commands },
      buttons: { front: { line: 'button', call: [phone.uri] } },
    },
  });
  await broker.said(`${PREFIX}/state`);
  return service;
}

describe('what the house is told', () => {
  it('availability, state and events, and a proper good-bye', async () => {
    const door = await start();
    expect(await broker.said(`${PREFIX}/availability`)).toMatchObject({ payload: 'online', retained: true });
    const first = await broker.said(`${PREFIX}/state`);
    const { uptime: _, ...status } = await door.status();
    expect(first.retained).toBe(true);
    expect(JSON.parse(first.payload)).toMatchObject(status);
    await door.execute('press', {});
    const call = await phone.takeCall();
    const talking = await broker.said(`${PREFIX}/state`, (payload) => JSON.parse(payload).state === 'talking');
    expect(JSON.parse(talking.payload).call).toMatchObject({ peer: phone.uri, codec: 'PCMA', encrypted: false });
    const answered = await broker.said(`${PREFIX}/event`, (payload) => JSON.parse(payload).type === 'call.answered');
    expect(answered.retained).toBe(false);
    const mark = broker.published.mark;
    const ended = door.end();
    await call.hungUp();
    await ended;
    const last = broker.published.items.slice(mark).map(({ topic, payload }) => `${topic} ${payload}`);
    expect(last.at(-1)).toBe(`${PREFIX}/availability offline`);
    expect(last.some((line) => line.includes('service.stopping'))).toBe(true);
    door.folder.remove();
  });

  it('by the will, when the door is killed', async () => {
    const door = await start();
    const mark = broker.published.mark;
    await door.end('SIGKILL');
    expect(await broker.said(`${PREFIX}/availability`, undefined, mark)).toMatchObject({
      payload: 'offline',
      retained: true,
    });
    door.folder.remove();
  });
});

describe('what the house may ask', () => {
  it('rings and hangs up; opens nothing unless that is listed', async () => {
    const door = await start();
    await broker.publish(`${COMMAND}/open`, 'main');
    await broker.publish(`${COMMAND}/open`, '{"door":"main"}');
    await broker.publish(`${COMMAND}/reboot`, '');
    await broker.publish(`${COMMAND}/press`, '{ broken');
    await broker.publish(`${COMMAND}/press`, Buffer.alloc(5000, 'x').toString());
    await broker.publish(`${COMMAND}/press`, 'no-such-button');
    await broker.publish(`${COMMAND}/press`, '{"button":"front"}');
    const invite = await phone.request('INVITE');
    phone.respond(invite, 180);
    await door.saw('call.ringing');
    await broker.publish(`${COMMAND}/hangup`, '');
    const cancel = await phone.request('CANCEL');
    phone.respond(cancel, 200);
    phone.respond(invite, 487);
    expect(await door.saw('call.ended')).toMatchObject({ reason: 'cancelled' });
    expect(door.allOf('button.pressed')).toHaveLength(1);
    expect(door.allOf('door.opened')).toEqual([]);
    const refused = door.log.all(({ event }) => event === 'mqtt.command-refused').map(({ why }) => String(why));
    expect(refused).toHaveLength(6);
    expect(refused[0]).toContain('mqtt.commands');
  });

  it('opens where it is listed; not by what was retained, nor by what is late', async () => {
    await broker.publish(`${COMMAND}/open`, 'main', true);
    const door = await start(['open', 'press']);
    const at = (ms: number): string => JSON.stringify({ door: 'main', time: new Date(Date.now() + ms).toISOString() });
    await broker.publish(`${COMMAND}/open`, at(-60_000));
    await broker.publish(`${COMMAND}/open`, at(60_000));
    await broker.publish(`${COMMAND}/open`, '{"door":"main","time":"yesterday"}');
    await broker.publish(`${COMMAND}/press`, 'front');
    await door.saw('button.pressed');
    expect(door.allOf('door.opened')).toEqual([]);
    await broker.publish(`${COMMAND}/open`, at(-1_000));
    expect(await door.saw('door.opened')).toMatchObject({ door: 'main', by: 'mqtt' });
    const mark = door.events.mark;
    await broker.publish(`${COMMAND}/open`, 'main');
    await door.saw('door.opened', { from: mark });
    const refused = door.log.all(({ event }) => event === 'mqtt.command-refused').map(({ why }) => String(why));
    expect(refused).toHaveLength(4);
    expect(refused.filter((why) => why.includes('retained'))).toHaveLength(1);
  });
});

it('a broker that dies in a call costs the call nothing, and hears late what it missed', async () => {
  const door = await start();
  await door.execute('press', {});
  const call = await phone.takeCall();
  await door.saw('call.answered');
  const { port } = broker;
  await broker.kill();
  expect(await door.saw('mqtt.changed', { fits: ({ connected }) => !connected })).toBeDefined();
  await call.rtp.hears(10);
  await door.execute('open', {});
  await door.saw('door.closed');
  const mark = door.events.mark;
  broker = await HouseBroker.start({ port });
  await door.saw('mqtt.changed', { fits: ({ connected }) => connected, from: mark });
  expect(await broker.said(`${PREFIX}/availability`)).toMatchObject({ payload: 'online' });
  const missed = await broker.said(`${PREFIX}/event`, (payload) => JSON.parse(payload).type === 'door.opened');
  expect(JSON.parse(missed.payload).time).toBe(door.allOf('door.opened')[0]?.time);
  const state = await broker.said(`${PREFIX}/state`);
  expect(JSON.parse(state.payload)).toMatchObject({ state: 'talking', mqtt: { connected: true } });
  await broker.publish(`${COMMAND}/hangup`, '');
  await call.hungUp();
  expect(await door.saw('call.ended')).toMatchObject({ reason: 'hangup-local' });
});
