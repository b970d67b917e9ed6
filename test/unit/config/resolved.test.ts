import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { FILES, faultsOf, parse, SMALL, warningsOf } from './support.ts';

/** The example of the contract, key for key. */
const WHOLE = `name: Front door
board: raspberry-pi-4
accounts:
  - uri: sip:door@example.com
    username: door
    password: { file: /etc/doorphone/secrets/sip }
    registrar: sip:pbx.example.com;transport=tls
    outboundProxy: sip:edge.example.com;lr
    expires: 300s
    register: true
sip:
  listen: [ "udp:0.0.0.0:5060", "tcp:0.0.0.0:5060", "tls:[::]:5061" ]
  tls: { ca: ca.pem, certificate: /etc/tls/door.pem, key: door.key }
  resolvers: [ "192.0.2.53:53" ]
  accept: [ registrar, 192.0.2.0/24, "2001:db8::1" ]
  answer: automatic
  sessionExpires: 1800s
  outbound: auto
  dtmf: rtp
media:
  codecs: [ PCMA, PCMU ]
  srtp: optional
  suites: [ AES_CM_128_HMAC_SHA1_80, AEAD_AES_256_GCM ]
  keying: [ sdes, dtls ]
  profile: avp
  ports: 16384-16484
  packetTime: 20ms
audio:
  device: "alsa:default"
  speaker: 80
  microphone: 80
  echoCancellation: true
calls:
  ringFor: 30s
  maxDuration: 5m
  pressAgain: cancel
buttons:
  front:
    line: GPIO17
    call: [ "sip:101@example.com" ]
doors:
  main:
    relay: GPIO27
    openFor: 3s
    code: "42#"
mqtt:
  url: mqtts://broker.example.com
  username: door
  password: { file: /etc/doorphone/secrets/sip }
  prefix: doorphone/front-door
  commands: [ press, hangup ]
  homeAssistant: true
provisioning:
  server: auto
log: { level: info, digits: false }
`;

describe('the configuration of a file', () => {
  it('holds every key of the contract, in units and types of the program', () => {
    const { configuration, faults } = parse(WHOLE);
    expect(faults).toEqual([]);
    expect(configuration).toEqual({
      name: 'Front door',
      board: 'raspberry-pi-4',
      addons: [],
      lines: {},
      lamps: {},
      keypads: {},
      readers: {},
      modules: {},
      accounts: [
        {
          uri: 'sip:door@example.com',
          username: 'door',
          password: expect.any(Secret),
          registrar: 'sip:pbx.example.com;transport=tls',
          outboundProxy: 'sip:edge.example.com;lr',
          expires: 300_000,
          register: true,
          subscribe: [],
        },
      ],
      sip: {
        listen: [
          { transport: 'udp', address: '0.0.0.0', port: 5060 },
          { transport: 'tcp', address: '0.0.0.0', port: 5060 },
          { transport: 'tls', address: '::', port: 5061 },
        ],
        tls: {
          ca: FILES['/etc/doorphone/ca.pem']?.text,
          certificate: FILES['/etc/tls/door.pem']?.text,
          key: new Secret(FILES['/etc/doorphone/door.key']?.text ?? ''),
        },
        resolvers: [{ address: '192.0.2.53', port: 53 }],
        accept: [
          { kind: 'registrar' },
          { kind: 'network', address: '192.0.2.0', prefixLength: 24 },
          { kind: 'network', address: '2001:db8::1', prefixLength: 128 },
        ],
        answer: 'automatic',
        sessionExpires: 1_800_000,
        outbound: 'auto',
        dtmf: 'rtp',
        transfer: 'known',
        watchers: 'calls',
        publish: 'off',
        clickToDial: false,
        digest: ['SHA-256', 'MD5'],
      },
      media: {
        codecs: ['PCMA', 'PCMU'],
        srtp: 'optional',
        suites: ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_256_GCM'],
        keying: ['sdes', 'dtls'],
        profile: 'avp',
        ports: { first: 16_384, last: 16_484 },
        stun: [],
        packetTime: 20,
        playoutDelay: { least: 1, most: 200 },
        inbandDigits: false,
      },
      audio: {
        device: { kind: 'alsa', name: 'default' },
        speaker: 80,
        microphone: 80,
        echoCancellation: true,
        noiseSuppression: true,
        gainControl: true,
        voiceActivityDetection: false,
        mixer: 'auto',
        controls: {},
        announcements: { ringback: 'tone', busy: 'tone', failure: 'tone', opened: 'tone' },
      },
      calls: { ringFor: 30_000, maxDuration: 300_000, pressAgain: 'cancel' },
      buttons: { front: { line: 'GPIO17', call: ['sip:101@example.com'] } },
      doors: { main: { relay: 'GPIO27', openFor: 3000, code: expect.any(Secret) } },
      mqtt: {
        url: 'mqtts://broker.example.com',
        username: 'door',
        password: expect.any(Secret),
        prefix: 'doorphone/front-door',
        commands: ['press', 'hangup'],
        homeAssistant: true,
      },
      provisioning: {
        server: 'auto',
        order: ['configured', 'remembered', 'dhcp', 'pnp', 'registrar'],
        dhcpOptions: [66, 43, 120, 141, 160],
        http: false,
        keep: [],
        redirects: 'same-host',
        proveWithin: 60_000,
        pnp: 'unprovisioned',
        profiles: ['device'],
      },
      log: { level: 'info', digits: false },
    });
    expect(configuration?.doors.main?.code?.reveal()).toBe('42#');
  });

  it('reads STUN servers with and without port and scheme', () => {
    const { configuration, faults } = parse(
      `${SMALL}media: { stun: [ Stun.example.com, "stun:192.0.2.7:3479", "[2001:db8::7]", "stun1.example.com:3478" ] }\n`,
    );
    expect(faults).toEqual([]);
    expect(configuration?.media.stun).toEqual([
      { host: 'stun.example.com', port: undefined },
      { host: '192.0.2.7', port: 3479 },
      { host: '2001:db8::7', port: undefined },
      { host: 'stun1.example.com', port: 3478 },
    ]);
  });

  it('fills in the defaults of what a small file leaves out, without a warning', () => {
    const { configuration, faults, warnings } = parse(SMALL);
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] });
    expect(configuration).toMatchObject({
      name: 'Doorphone',
      accounts: [{ uri: 'sip:door@example.com', expires: 300_000, register: true }],
      sip: {
        listen: [
          { transport: 'udp', address: '0.0.0.0', port: 5060 },
          { transport: 'tcp', address: '0.0.0.0', port: 5060 },
        ],
        answer: 'automatic',
        dtmf: 'rtp',
      },
      media: { codecs: ['PCMA', 'PCMU'], srtp: 'optional', ports: { first: 16_384, last: 16_484 }, packetTime: 20 },
      addons: [],
      audio: { device: { kind: 'auto' }, speaker: 80, microphone: 80 },
      calls: { ringFor: 30_000, maxDuration: 300_000, pressAgain: 'cancel' },
      doors: {},
      log: { level: 'info', digits: false },
    });
    expect(configuration).not.toHaveProperty('mqtt');
    expect(configuration?.sip).not.toHaveProperty('accept');
    expect(configuration?.accounts[0]).not.toHaveProperty('username');
  });

  it.each([
    ['500ms', 500],
    ['3s', 3000],
    ['0.5s', 500],
    ['2m', 120_000],
    ['1m', 60_000],
  ])('reads the duration %s', (text, ms) => {
    expect(
      parse(`${SMALL}doors: { main: { relay: relay, openFor: ${text} } }`).configuration?.doors.main?.openFor,
    ).toBe(ms);
  });

  it.each([
    ['alsa:card=USB Audio Device', 'card=USB Audio Device'],
    ['alsa:card=0d8c:0014,dev=1', 'card=0d8c:0014,dev=1'],
    ['alsa:plughw:CARD=Device,DEV=0', 'plughw:CARD=Device,DEV=0'],
  ])('reads the sound device %s', (device, name) => {
    const { configuration, faults } = parse(`${SMALL}\naudio: { device: "${device}" }\n`);
    expect(faults).toEqual([]);
    expect(configuration?.audio.device).toEqual({ kind: 'alsa', name });
  });

  it('makes the paths of announcements absolute, and takes its own words as what they are', () => {
    const text = `${SMALL}audio: { announcements: { busy: sounds/busy.wav, failure: off, opened: /tmp/open.wav } }`;
    expect(parse(text).configuration?.audio.announcements).toEqual({
      ringback: 'tone',
      busy: '/etc/doorphone/sounds/busy.wav',
      failure: 'off',
      opened: '/tmp/open.wav',
    });
  });

  it('makes the paths of a file device absolute from the folder of the file, not of the process', () => {
    const text = `${SMALL}audio: { device: file, input: voices/a.wav, output: /tmp/b.wav }`;
    expect(parse(text).configuration?.audio.device).toEqual({
      kind: 'file',
      input: '/etc/doorphone/voices/a.wav',
      output: '/tmp/b.wav',
    });
  });

  it.each([
    ['Front door', 'doorphone/front-door'],
    ['Haustür (Süd) №1 / Straße', 'doorphone/haustur-sud-no1-strasse'],
    ['門', 'doorphone/doorphone'],
  ])('derives the MQTT prefix of %s', (name, prefix) => {
    expect(parse(`${SMALL}name: ${name}\nmqtt: { url: mqtt://broker }`).configuration?.mqtt?.prefix).toBe(prefix);
  });

  it('takes a file with a byte order mark and Windows line ends', () => {
    const text = `\uFEFF${SMALL.replaceAll('\n', '\r\n')}`;
    expect(parse(text).configuration?.buttons).toHaveProperty('front');
  });

  it('follows an alias to its anchor', () => {
    const text = `${SMALL}doors:
  main: &door { relay: relay }
mqtt: { url: "mqtt://broker", username: &who door, prefix: *who }
`;
    expect(parse(text).configuration?.mqtt?.prefix).toBe('door');
  });
});

describe('secrets', () => {
  const account = (password: string): string =>
    SMALL.replace('  - uri: sip:door@example.com\n', `  - uri: sip:door@example.com\n    password: ${password}\n`);

  it.each([
    ['"in clear"', 'in clear'],
    ['{ file: secrets/sip }', 'hunter2-from-file'],
    ['{ file: secrets/crlf }', 'hunter2-from-file'],
    ['{ file: /etc/doorphone/secrets/sip }', 'hunter2-from-file'],
    ['{ env: SIP_PASSWORD }', 'hunter2-from-environment'],
  ])('reads %s', (written, plain) => {
    expect(parse(account(written)).configuration?.accounts[0]?.password?.reveal()).toBe(plain);
  });

  it('reads those of callers, beside the places that may call', () => {
    const accept = 'sip: { accept: [ Phone.example., { username: alice, password: { env: SIP_PASSWORD } } ] }';
    const [host, caller] = parse(`${SMALL}${accept}\n`).configuration?.sip.accept ?? [];
    expect(host).toEqual({ kind: 'host', name: 'phone.example' });
    expect(caller).toMatchObject({ kind: 'credentials', username: 'alice' });
    expect(caller?.kind === 'credentials' && caller.password.reveal()).toBe('hunter2-from-environment');
  });

  it('warns of a caller’s password that is soon guessed', () => {
    const { faults, warnings } = parse(`${SMALL}sip: { accept: [ { username: a, password: "1234567" } ] }\n`);
    expect(faults).toEqual([]);
    expect(warnings).toMatchObject([{ key: 'sip.accept[0].password', what: 'is short, and anybody may guess at it' }]);
  });

  it('reads those of a realm', () => {
    const credentials = '[{ realm: edge, username: trunk, password: { env: SIP_PASSWORD } }]';
    const text = account(`"own"\n    credentials: ${credentials}`);
    const [own] = parse(text).configuration?.accounts[0]?.credentials ?? [];
    expect(own).toMatchObject({ realm: 'edge', username: 'trunk' });
    expect(own?.password.reveal()).toBe('hunter2-from-environment');
  });

  it.each([
    [
      '{ file: secrets/none }',
      'names /etc/doorphone/secrets/none, which does not exist; create it, or correct the path',
    ],
    ['{ file: /forbidden }', 'names /forbidden, which this user may not read; create it, or correct the path'],
    ['{ file: secrets/empty }', 'is empty (/etc/doorphone/secrets/empty); give it a value'],
    [
      '{ file: secrets/two-lines }',
      'holds a control character or more than one line (/etc/doorphone/secrets/two-lines); keep the secret alone in it',
    ],
    ['{ env: NONE }', 'names the variable NONE, which is not set; set it in the service’s environment'],
    ['{ env: EMPTY }', 'is empty (the variable EMPTY); give it a value'],
    ['""', 'is empty (the text); give it a value'],
    ['1234', 'is not a text, { file: PATH } or { env: NAME }; put it in quotes'],
    ['{ flie: x }', 'is not a text, { file: PATH } or { env: NAME }; put it in quotes'],
    ['{ file: x, env: Y }', 'is not a text, { file: PATH } or { env: NAME }; put it in quotes'],
    ['[ a ]', 'is not a text, { file: PATH } or { env: NAME }; put it in quotes'],
  ])('says at its line what is wrong with %s', (written, said) => {
    expect(faultsOf(account(written))).toEqual([`4:15: accounts[0].password: ${said}`]);
  });

  it('warns of a file that everybody can read', () => {
    expect(warningsOf(account('{ file: secrets/open }'))).toEqual([
      '4:15: accounts[0].password: names /etc/doorphone/secrets/open, which everybody on this machine can read; ' +
        'chmod 600 /etc/doorphone/secrets/open',
    ]);
  });

  it('warns of a secret in clear only when others can read the configuration', () => {
    const text = account('"in clear"');
    expect(parse(text, { mode: 0o100640 }).warnings).toEqual([]);
    expect(parse(text, { mode: 0o100644 }).warnings.map(({ line, column, key }) => ({ line, column, key }))).toEqual([
      { line: 4, column: 15, key: 'accounts[0].password' },
    ]);
  });

  it('never stand in what is printed of a configuration or its faults', () => {
    const plain = ['9182736', 'correct horse', '55#5', '*77', 'hunter2', '31415926', 'p4ss'];
    const texts = [
      `${account('"correct horse"')}doors: { main: { relay: relay, code: "9182736" } }`,
      account('correct horse: yes'),
      `${SMALL}doors: { a: { relay: relay, code: 31415926 }, b: { relay: relay2, code: "55#5" } }`,
      `${SMALL}doors: { a: { relay: relay, code: *77 } }`,
      `${SMALL}doors: { a: { relay: relay, code: "9182736\\q" } }`,
      `${SMALL}doors: { a: { relay: relay, code: "9182736" }, b: { relay: relay2, code: "9182736" } }`,
      `${SMALL}doors: { a: { relay: relay, code: "correct horse" } }`,
      account('{ file: secrets/two-lines }'),
      `${SMALL}mqtt: { url: "mqtt://door:p4ss@broker" }`,
      SMALL.replace('sip:door@example.com', 'sip:door:p4ss@example.com'),
      SMALL.replace('sip:101@example.com', 'sip:101:p4ss@example.com'),
      `${SMALL}doors: { a: { relay: relay, code: !9182736 x } }`,
    ];
    for (const text of texts) {
      const { configuration, faults, warnings } = parse(text, { mode: 0o100644 });
      const said = [configuration, faults, warnings].map((part) => JSON.stringify(part)).join('\n');
      for (const secret of plain) expect(said, text).not.toContain(secret);
    }
    expect(FILES['/etc/doorphone/secrets/two-lines']?.text).toContain('hunter2');
  });
});
