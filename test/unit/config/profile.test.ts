// A provisioned profile over the board's own file: what counts, where a fault is, and what a profile may not do.

import { describe, expect, it } from 'vitest';
import {
  formatFault,
  type LayeredOutcome,
  type LayersOutcome,
  type ProfileLayer,
  parseWithProfile,
  parseWithProfiles,
} from '../../../src/config/index.ts';

const OWN = `
name: Board
board: virtual
log: { level: warn }
doors:
  main: { relay: relay, openFor: 3s }
`;

function parse(profile: string, own: string | undefined = OWN, keep: readonly string[] = []): LayeredOutcome {
  const file = '/etc/doorphone/doorphone.yaml';
  return parseWithProfile(
    own === undefined ? undefined : { text: own, file },
    { text: profile, file: 'https://boot/x.yaml' },
    keep,
    {
      file,
      environment: { SECRET: 'from the environment' },
      readFile: (path) => ({ text: `content of ${path}`, mode: 0o600 }),
    },
  );
}

const lines = ({ faults }: LayeredOutcome): readonly string[] => faults.map(formatFault);

describe('a profile', () => {
  it('counts over the file, key by key, and what it does not say stays', () => {
    const { configuration, faults } = parse(
      'name: North\ndoors: { main: { openFor: 5s } }\naccounts: [{ uri: sip:d@example.com }]',
    );
    expect(faults).toEqual([]);
    expect(configuration?.name).toBe('North');
    expect(configuration?.log.level).toBe('warn');
    expect(configuration?.doors.main).toMatchObject({ relay: 'relay', openFor: 5000 });
    expect(configuration?.accounts).toHaveLength(1);
  });

  it('is enough by itself on a board without a file', () => {
    expect(parse('name: North\nboard: virtual', undefined).configuration?.name).toBe('North');
  });

  it('tells whence each value is', () => {
    const { origins } = parse('name: North\ndoors: { main: { openFor: 5s } }');
    expect(origins).toEqual([
      { key: 'name', layer: 'profile', profile: 0 },
      { key: 'board', layer: 'file' },
      { key: 'log.level', layer: 'file' },
      { key: 'doors.main.relay', layer: 'file' },
      { key: 'doors.main.openFor', layer: 'profile', profile: 0 },
    ]);
  });

  it('states its conditions apart', () => {
    const { conditions, configuration } = parse(
      'profile: { serial: 17, notAfter: "2027-01-31T00:00:00Z", proveWithin: 90s }\nname: North',
    );
    expect(conditions).toEqual({ serial: 17, notAfter: new Date('2027-01-31T00:00:00Z'), proveWithin: 90_000 });
    expect(configuration?.name).toBe('North');
  });
});

/** A version that a profile wants. @param other replaces one of its keys */
function firmware(other = ''): string {
  const keys = [
    'version: "1.3.0"',
    'url: "https://boot.example/doorphone_1.3.0_{arch}.deb"',
    `sha256: ${'ab'.repeat(32)}`,
    `signature: ${Buffer.alloc(64).toString('base64')}`,
  ].map((line) => (other.split(':', 1)[0] === line.split(':', 1)[0] ? other : line));
  return `profile:\n  firmware:\n${keys.map((line) => `    ${line}`).join('\n')}\n`;
}

it('a profile may name a version of the program', () => {
  const { conditions, faults } = parse(firmware());
  expect(faults).toEqual([]);
  expect(conditions.firmware).toEqual({
    version: '1.3.0',
    url: 'https://boot.example/doorphone_1.3.0_{arch}.deb',
    sha256: 'ab'.repeat(32),
    signature: `${'A'.repeat(86)}==`,
    proveWithin: 300_000,
  });
});

describe('what is wrong', () => {
  it('is said in the text that it stands in: all of it at once', () => {
    const broken = `${OWN}\nmedia:\n  packetTime: 15ms\n`;
    const said = lines(parse('name: North\nlog:\n  level: loud\ndoors: { main: { openFor: soon } }', broken));
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^https:\/\/boot\/x\.yaml:3:10: log\.level: /),
        expect.stringMatching(/^https:\/\/boot\/x\.yaml:4:27: doors\.main\.openFor: /),
        expect.stringMatching(/^\/etc\/doorphone\/doorphone\.yaml:9:15: media\.packetTime: /),
      ]),
    );
    expect(said).toHaveLength(3);
  });

  it.each([
    ['no YAML', 'name: [', /^https:\/\/boot\/x\.yaml:1:\d+: /],
    ['a list', '- a', /:1:1: is not a list of keys/],
    [
      'an anchor bomb',
      `a: &a [x,x]\n${'b: *a\n'.repeat(1)}${Array.from({ length: 40 }, (_, at) => `k${at}: *a`).join('\n')}`,
      /repeats parts of the file/,
    ],
    ['nested without end', '['.repeat(500), /nested too deeply/],
    [
      'a serial that is none',
      'profile: { serial: -1 }',
      /:1:12: profile\.serial: is no whole number|:1:20: profile\.serial/,
    ],
    ['a date that is none', 'profile: { notAfter: soon }', /profile\.notAfter: is no date/],
    ['a proof that is none', 'profile: { proveWithin: 2 }', /profile\.proveWithin: is no duration/],
    ['firmware without a signature', firmware('signature: ""'), /profile\.firmware\.signature: is no signature/],
    ['firmware by a file', firmware('url: "file:///etc/shadow"'), /profile\.firmware\.url: is no url/],
    [
      'firmware of a version that is a command',
      firmware('version: "1; reboot"'),
      /profile\.firmware\.version: is no version/,
    ],
    ['firmware that is half said', 'profile: { firmware: { version: "1.3.0" } }', /profile\.firmware: has no sha256/],
    ['an unknown condition', 'profile: { serail: 1 }', /profile\.serail: is not a known key/],
    ['a profile that is no table', 'profile: 7', /profile: is no table of keys/],
  ])('%s', (_, text, said) => {
    const outcome = parse(text);
    expect(outcome.configuration).toBeUndefined();
    expect(lines(outcome).join('\n')).toMatch(said);
  });
});

describe('a profile may not', () => {
  it.each([
    [
      'read a file of the board',
      'accounts: [{ uri: sip:d@example.com, password: { file: /etc/shadow } }]',
      'accounts[0].password',
    ],
    [
      'read a variable of the board',
      'accounts: [{ uri: sip:d@example.com, password: { env: SECRET } }]',
      'accounts[0].password',
    ],
    ['say from whom profiles are taken', 'provisioning: { server: "https://elsewhere" }', 'provisioning'],
    ['take the signers away', 'provisioning: { server: auto, trust: [] }', 'provisioning'],
  ])('%s', (_, text, key) => {
    const { configuration, faults } = parse(text);
    expect(configuration).toBeUndefined();
    expect(faults.map((fault) => fault.key)).toContain(key);
    expect(JSON.stringify(faults)).not.toContain('from the environment');
  });

  it('change what the file keeps: that is left out, and said', () => {
    const { configuration, warnings, faults } = parse(
      'name: North\ndoors: { main: { openFor: 9s }, gate: { relay: relay2, openFor: 4s } }',
      OWN,
      ['doors.main'],
    );
    expect(faults).toEqual([]);
    expect(configuration?.name).toBe('North');
    expect(configuration?.doors.main).toMatchObject({ openFor: 3000 });
    expect(configuration?.doors.gate).toMatchObject({ openFor: 4000 });
    expect(warnings.map(formatFault)).toContainEqual(
      expect.stringMatching(/^https:\/\/boot\/x\.yaml:2:10: doors\.main: is kept by the board’s own file/),
    );
  });
});

describe('several profiles (RFC 6080 §5.1.1)', () => {
  const NETWORK = { type: 'local-network', text: 'media: { packetTime: 30ms }', file: 'network' } as const;
  const USER = { type: 'user', user: 'sip:door@example.com', text: 'name: Of the user', file: 'user' } as const;
  const DEVICE = {
    type: 'device',
    text: 'name: Of the device\naccounts: [ { uri: "sip:door@example.com" } ]',
    file: 'device',
  } as const;

  function together(...profiles: readonly ProfileLayer[]): LayersOutcome {
    return parseWithProfiles(undefined, profiles, [], {
      file: 'door.yaml',
      environment: {},
      readFile: () => ({ text: '', mode: undefined }),
    });
  }

  it('count together, the later over the earlier, and it is told whence each value is', () => {
    const { configuration, faults, origins } = together(NETWORK, DEVICE, USER);
    expect(faults).toEqual([]);
    expect([configuration?.name, configuration?.media.packetTime]).toEqual(['Of the user', 30]);
    expect(new Map(origins.map(({ key, layer, profile }) => [key, [layer, profile]]))).toEqual(
      new Map([
        ['media.packetTime', ['local-network', 0]],
        ['name', ['user', 2]],
        ['accounts', ['profile', 1]],
      ]),
    );
  });

  it('have each its own conditions', () => {
    const numbered = { ...USER, text: 'profile: { serial: 7 }' };
    expect(together(NETWORK, DEVICE, numbered).conditions).toEqual([{}, {}, { serial: 7 }]);
  });

  it('that of a user without an account here does not count, whatever it says', () => {
    const other = { ...USER, user: 'sip:other@example.com', text: 'sip: {}\nname: 7' };
    const { configuration, faults } = together(DEVICE, other);
    expect(faults).toEqual([]);
    expect(configuration?.name).toBe('Of the device');
  });

  it.each([
    [USER, 'accounts: []', 'user:1:1: accounts:'],
    [USER, 'mqtt: { url: "mqtt://evil.example" }', 'user:1:9: mqtt.url:'],
    [USER, 'sip: { accept: [ 0.0.0.0/0 ] }', 'user:1:8: sip.accept:'],
    [USER, 'provisioning: { server: "https://evil.example" }', 'user:1:1: provisioning:'],
    [
      USER,
      'profile: { firmware: { version: "2", url: "https://x/y", sha256: "00", signature: "" } }',
      'profile.firmware',
    ],
    [NETWORK, 'name: x', 'network:1:1: name:'],
    [NETWORK, 'media: { srtp: off }', 'network:1:10: media.srtp:'],
    [NETWORK, 'media: 7', 'network:1:1: media:'],
  ])('may not say what is not their matter: %o %s', (layer, text, place) => {
    const { configuration, faults } = together({ ...DEVICE, file: 'device' }, { ...layer, text });
    expect(configuration).toBeUndefined();
    expect(faults.map(formatFault).join('\n')).toContain(place);
  });
});
