// A whole call with everything that is secret in it, at the most talkative log level; then every place that says
// anything is searched for all of it.

import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DigestRegistrar } from '../support/digest-registrar.ts';
import { HouseBroker } from '../support/house-broker.ts';
import { type CommandOutput, doorphone, ServiceProcess } from '../support/service-process.ts';
import { cryptoKey, UdpPhone } from '../support/udp-phone.ts';

const SIP_PASSWORD = 'correct-horse-sip';
const MQTT_PASSWORD = 'battery-staple-mqtt';
// Long enough that chance does not write them into a port or an identifier.
const CODE = '7391826405#';
const WRONG_CODE = '8642097513#';
const PHONE_KEY = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';

it('says no password, no code, no digit and no key anywhere', async () => {
  const broker = await HouseBroker.start({ password: MQTT_PASSWORD });
  const phone = await UdpPhone.plug();
  const registrar = new DigestRegistrar(phone, SIP_PASSWORD);
  const service = await ServiceProcess.start({
    configuration: {
      accounts: [{ uri: `sip:door@127.0.0.1:${phone.place.port}`, password: SIP_PASSWORD }],
      media: { ports: '23000-23198', srtp: 'required' },
      buttons: { front: { line: 'button', call: [phone.uri] } },
      doors: { main: { relay: 'relay', openFor: '200ms', code: CODE } },
      mqtt: { url: broker.url, username: 'door', password: { env: 'HOUSE_SECRET' }, commands: ['press', 'open'] },
      log: { level: 'debug' },
    },
    environment: { HOUSE_SECRET: MQTT_PASSWORD },
  });
  const outputs: CommandOutput[] = [];
  const command = async (...args: string[]): Promise<void> => {
    outputs.push(await service.command(...args), await service.command(...args, '--json'));
  };

  await service.saw('registration.changed', { fits: ({ registered }) => registered });
  await service.saw('mqtt.changed', { fits: ({ connected }) => connected });
  await service.execute('press', {});
  const invite = await registrar.invite();
  const call = await phone.takeCall({ invite, key: PHONE_KEY });
  expect(await service.saw('call.answered')).toMatchObject({ encrypted: true });
  await call.rtp.hears();
  await call.rtp.arrivals.find('sound', ({ payload }) => payload.length === 160);
  call.rtp.press(WRONG_CODE);
  await service.saw('code.refused');
  call.rtp.press(CODE);
  await service.saw('door.opened');
  await command('dtmf', CODE);
  await command('status');
  await broker.publish('doorphone/front-door/command/open', `{"door":"main","code":"${CODE}"}`);
  await call.hangup();
  await service.saw('call.ended');
  await command('events');
  await command('check', service.folder.configurationFile).catch(() => undefined);

  // A slip in the very values that are secret; a wrong password.
  const clear = (password: string, code: string): string =>
    [
      'board: virtual',
      'accounts:',
      `  - { uri: "sip:door@127.0.0.1:${phone.place.port}", password: ${password} }`,
      'doors:',
      `  main: { relay: relay, code: ${code} }`,
      `buttons: { front: { line: button, call: [ "${phone.uri}" ] } }`,
      'sip: { listen: [ "udp:127.0.0.1:0" ] }',
      'audio: { device: virtual }',
      'log: { level: debug }',
      '',
    ].join('\n');
  for (const [password, code] of [
    [`[ ${SIP_PASSWORD} ]`, '"7391826405x"'],
    [`{ fiel: ${SIP_PASSWORD} }`, CODE],
    [`{ env: ${SIP_PASSWORD} }`, '*7391826405'],
    [`"${SIP_PASSWORD}`, '7391826405'],
    [`! ${SIP_PASSWORD}`, `[ "${CODE}" ]`],
  ] as const) {
    writeFileSync(service.folder.configurationFile, clear(password, code), { mode: 0o600 });
    await command('reload');
    outputs.push(await doorphone(['check', service.folder.configurationFile, '--json']));
  }
  writeFileSync(service.folder.configurationFile, clear(`${SIP_PASSWORD}-wrong`, `"${CODE}"`), { mode: 0o600 });
  expect(await service.command('reload')).toMatchObject({ code: 0 });
  const refused = await service.saw('registration.changed', {
    fits: ({ registered, status }) => !registered && status === 401,
  });
  expect(refused.reason).toEqual(expect.any(String));
  expect(registrar.refused.length).toBeLessThanOrEqual(2);
  await command('events');
  await service.end();

  const said: { readonly [place: string]: string } = {
    stdout: service.stdout,
    stderr: service.stderr,
    events: service.events.items.map((event) => JSON.stringify(event)).join('\n'),
    mqtt: broker.published.items
      .filter(({ topic }) => !topic.includes('/command/'))
      .map(({ topic, payload }) => `${topic} ${payload}`)
      .join('\n'),
    commands: outputs.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
  };
  expect(said.stderr).toContain('"level":"debug"');
  expect(said.mqtt).toContain('call.answered');
  const doorKey = cryptoKey(invite.body);
  const response = /response="([0-9a-f]+)"/.exec(invite.header('Proxy-Authorization') ?? '')?.[1] ?? '';
  expect(doorKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
  expect(response).toMatch(/^[0-9a-f]{32}$/);
  const secrets = {
    SIP_PASSWORD,
    MQTT_PASSWORD,
    code: '7391826405',
    wrongCode: '8642097513',
    PHONE_KEY,
    doorKey,
    response,
  };
  for (const [place, text] of Object.entries(said)) {
    for (const [name, secret] of Object.entries(secrets)) {
      const line = text.split('\n').find((one) => one.includes(secret));
      expect({ place, name, line }).toEqual({ place, name, line: undefined });
    }
    expect(text).not.toMatch(/inline:|"digit":/);
  }
  service.folder.remove();
  await broker.kill();
  phone.unplug();
}, 30_000);
