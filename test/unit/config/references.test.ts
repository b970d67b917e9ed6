import { describe, expect, it } from 'vitest';
import { faultsOf, SMALL, warningsOf } from './support.ts';

const doors = (yaml: string): string => `${SMALL}doors:\n${yaml}\n`;

describe('lines', () => {
  it.each(['button', 'button2', 'button8', 'contact', 'GPIO0', 'GPIO27'])(
    '%s is an input of the virtual board',
    (line) => {
      expect(faultsOf(SMALL.replace('line: button', `line: ${line}`))).toEqual([]);
    },
  );

  it.each(['relay', 'relay2', 'relay4', 'lamp', 'GPIO4'])('%s is an output of the virtual board', (line) => {
    expect(faultsOf(doors(`  main: { relay: ${line} }`))).toEqual([]);
  });

  it.each([
    ['buton', 'the board "virtual" has no line "buton"; the nearest input is button'],
    ['button9', 'the board "virtual" has no line "button9"; the nearest input is button'],
    ['relay', 'relay is not an input; use button, button2,'],
    ['GPIO', 'the board "virtual" has no line "GPIO"; use button, button2,'],
  ])('%s is no input of it', (line, said) => {
    const faults = faultsOf(SMALL.replace('line: button', `line: ${line}`));
    expect(faults).toEqual([expect.stringContaining(`6:11: buttons.front.line: ${said}`)]);
  });

  it('of a real board are not guessed at', () => {
    expect(faultsOf(SMALL.replace('line: button', 'line: DIN1').replace('virtual', 'some-board'))).toEqual([]);
  });

  it('serve one button or relay each', () => {
    expect(faultsOf(doors('  a: { relay: relay }\n  b: { relay: relay }\n  c: { relay: GPIO5 }'))).toEqual([
      '10:15: doors.b.relay: relay is used by doors.a.relay already; give each its own line',
    ]);
    const shared = SMALL.replace('line: button', 'line: GPIO5').concat('doors: { a: { relay: GPIO5 } }\n');
    expect(faultsOf(shared)).toEqual([
      '8:22: doors.a.relay: GPIO5 is used by buttons.front.line already; give each its own line',
    ]);
  });
});

describe('a button that is held', () => {
  const held = (yaml: string): string => SMALL.replace('line: button\n', `line: button\n    held: ${yaml}\n`);
  const door = 'doors: { main: { relay: relay } }\n';

  it('opens a door where it is said to be inside, and nowhere else', () => {
    expect(faultsOf(held('{ open: main, inside: true }') + door)).toEqual([]);
    for (const yaml of ['{ open: main }', '{ open: main, inside: false }']) {
      expect(faultsOf(held(yaml) + door)).toEqual([
        '7:19: buttons.front.held.open: would let in whoever stands before the door and holds the button; ' +
          'write inside: true beside it, if the button is inside; else take it out',
      ]);
    }
  });

  it('opens a door that there is', () => {
    expect(faultsOf(held('{ open: mian, inside: true }') + door)).toEqual([
      '7:19: buttons.front.held.open: there is no door "mian"; did you mean "main"?',
    ]);
  });

  it('switches an output of its own', () => {
    expect(faultsOf(held('{ switch: relay2, switchFor: 1m }') + door)).toEqual([]);
    expect(faultsOf(held('{ switch: relay }') + door)).toEqual([
      expect.stringContaining('relay is used by buttons.front.held.switch already'),
    ]);
    expect(faultsOf(held('{ switch: contact }'))).toEqual([expect.stringContaining('contact is not an output')]);
  });
});

describe('codes', () => {
  const code = (text: string): string => doors(`  main: { relay: relay, code: "${text}" }`);

  it.each(['123', '4711#', '*99', 'ABCD', '1234567890123456', '0042'])('%s can be dialled', (text) => {
    expect({ faults: faultsOf(code(text)), warnings: warningsOf(code(text)) }).toEqual({ faults: [], warnings: [] });
  });

  it.each([
    ['12a4', 'has a character that no telephone can send; use 0-9, *, A-D, and # as the last'],
    ['12 34', 'has a character that no telephone can send; use 0-9, *, A-D, and # as the last'],
    ['１２３', 'has a character that no telephone can send; use 0-9, *, A-D, and # as the last'],
    ['12#34', 'has # before its end, where a try is over; use # as the last digit only'],
    ['##', 'has # before its end, where a try is over; use # as the last digit only'],
    ['12345678901234567', 'is longer than 16 digits; use 16 at most'],
  ])('%s cannot', (text, said) => {
    expect(faultsOf(code(text))).toEqual([`9:31: doors.main.code: ${said}`]);
  });

  it.each(['1', '42', '2#'])('%s is warned of: shorter than three digits', (text) => {
    expect(faultsOf(code(text))).toEqual([]);
    expect(warningsOf(code(text))).toEqual([
      '9:31: doors.main.code: is shorter than three digits and soon guessed; use four or more',
    ]);
  });

  it('open one door each, wherever they are kept', () => {
    const text = doors('  a: { relay: relay, code: "4711#" }\n  b: { relay: relay2, code: { file: /elsewhere/code } }');
    expect(faultsOf(text)).toEqual(['10:29: doors.b.code: is the code of doors.a too; give each door its own']);
  });

  it('are warned of when dialling one opens the door of another on the way', () => {
    const text = doors('  a: { relay: relay, code: "711#" }\n  b: { relay: relay2, code: "4711#" }');
    expect(faultsOf(text)).toEqual([]);
    expect(warningsOf(text)).toEqual([
      expect.stringMatching(/^10:29: doors\.b\.code: and the code of doors\.a contain/),
    ]);
  });

  it('that begin with # or * without quotes are explained', () => {
    expect(faultsOf(doors('  a:\n    relay: relay\n    code: #123'))).toEqual([
      '11:5: doors.a.code: is empty; give it a value, or take the key out; what begins with # must stand in quotes',
    ]);
    expect(faultsOf(doors('  a:\n    relay: relay\n    code: *123'))).toEqual([
      '11:11: a text begins with * or &, which YAML keeps for itself; put the text in quotes: "*12#"',
    ]);
  });
});

describe('accounts', () => {
  it('have one address each', () => {
    const text = SMALL.replace('buttons:', '  - uri: sip:door@example.com\nbuttons:');
    expect(faultsOf(text)).toEqual([
      '4:10: accounts[1].uri: is the address of accounts[0] too; take one of the two out',
    ]);
  });

  it('are warned of when the outbound proxy would be taken for a strict router (RFC 3261 §16.4)', () => {
    const text = SMALL.replace('\nbuttons:', '\n    outboundProxy: sip:edge.example.com\nbuttons:');
    expect(warningsOf(text)).toEqual([
      '4:20: accounts[0].outboundProxy: has no ;lr, so that the proxy is taken for a strict router; ' +
        'write sip:edge.example.com;lr',
    ]);
  });
});

describe('keys that no profile may change', () => {
  const keep = (keys: string): readonly string[] =>
    faultsOf(`${SMALL}provisioning: { server: auto, keep: [ ${keys} ] }\n`);

  it('are keys that there are, whatever doors and buttons are called', () => {
    expect(keep('doors, doors.yard.code, sip.accept, name')).toEqual([]);
  });

  it('are said with the likely one where they are misspelt: they would protect nothing', () => {
    expect(keep('door, doors.main.cod')).toEqual([
      '8:39: provisioning.keep[0]: there is no key door; did you mean doors?',
      '8:45: provisioning.keep[1]: there is no key doors.main.cod; did you mean doors.main.code?',
    ]);
  });
});

describe('names of doors and buttons', () => {
  it('that others go by are those that there are', () => {
    const text = `${SMALL}doors: { main: { relay: relay, interlock: [ main, innner ] }, inner: { relay: relay2 } }\nmotion: { line: contact, button: frunt }\n`;
    expect(faultsOf(text)).toEqual([
      '8:45: doors.main.interlock[0]: is the door itself; take it out',
      '8:51: doors.main.interlock[1]: there is no door "innner"; did you mean "inner"?',
      '9:34: motion.button: there is no button "frunt"; did you mean "front"?',
    ]);
  });

  it('each line is somebody’s alone, also those of exits, contacts, lamps', () => {
    const text = `${SMALL}doors: { main: { relay: relay, exit: button, contact: { line: contact } } }\nlamps: { one: { line: relay } }\ntamper: { line: contact }\n`;
    expect(faultsOf(text)).toEqual([
      '8:38: doors.main.exit: button is used by buttons.front.line already; give each its own line',
      '9:23: lamps.one.line: relay is used by doors.main.relay already; give each its own line',
      '10:17: tamper.line: contact is used by doors.main.contact.line already; give each its own line',
    ]);
  });
});

describe('what this version does not carry out', () => {
  it.each([
    ['mqtt: { url: "mqtt://b", homeAssistant: true }', '8:41: mqtt.homeAssistant: Home Assistant discovery is not'],
  ])('%s is warned of, and is no fault', (more, said) => {
    const text = `${SMALL}${more}\n`;
    expect(faultsOf(text)).toEqual([]);
    expect(warningsOf(text)).toEqual([expect.stringContaining(said)]);
  });

  it.each([
    'sip: { sessionExpires: 1800s, outbound: off }',
    'sip: { listen: [ "udp:0.0.0.0:5060", "tcp:[::]:5060" ], tls: { ca: ca.pem } }',
    'media: { keying: [ sdes, dtls ], profile: avpf, suites: [ AEAD_AES_256_GCM ] }',
    'audio: { echoCancellation: true, noiseSuppression: true, gainControl: false }',
    'provisioning: { server: off }',
  ])('%s asks for none of it', (more) => {
    expect(warningsOf(`${SMALL}${more}\n`)).toEqual([]);
  });

  it('the files of a sound device that is not "file" are warned of', () => {
    expect(warningsOf(`${SMALL}audio: { device: virtual, input: a.wav }\n`)).toEqual([
      '8:27: audio.input: is not used by this device; write device: file, or take the key out',
    ]);
  });
});
