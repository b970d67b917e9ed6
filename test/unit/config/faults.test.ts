import { describe, expect, it } from 'vitest';
import { faultsOf, parse, SMALL } from './support.ts';

/** SMALL has seven lines; what is added begins at line 8. */
const withMore = (more: string): string => `${SMALL}${more}\n`;

describe('faults of single keys', () => {
  it.each([
    // Unknown keys: the nearest one, or where the key belongs, or what there is.
    ['nmae: Door', '8:1: nmae: is not a known key; the nearest known key is name'],
    ['calls: { ringfor: 30s }', '8:10: calls.ringfor: is not a known key; the nearest known key is ringFor'],
    ['audio: { ringFor: 30s }', '8:10: audio.ringFor: is not known here; it belongs at calls.ringFor'],
    ['calls: { xyzzy: 1 }', '8:10: calls.xyzzy: is not a known key; known here: ringFor, maxDuration, pressAgain'],
    ['__proto__: { name: x }', /^8:1: __proto__: is not a known key; known here: name, board/],
    ['"<<": { name: x }', /^8:1: <<: is not a known key/],
    // Durations.
    ['calls: { ringFor: 30 }', '8:19: calls.ringFor: has no unit; write 30s for seconds (units: ms, s, m, h)'],
    ['calls: { ringFor: "30" }', '8:19: calls.ringFor: has no unit; write 30s for seconds (units: ms, s, m, h)'],
    [
      'calls: { ringFor: 30 sec }',
      '8:19: calls.ringFor: has the unknown unit "sec"; write 30s for seconds (units: ms, s, m, h)',
    ],
    ['calls: { ringFor: 30S }', /^8:19: calls.ringFor: has the unknown unit "S"; write 30s/],
    ['calls: { ringFor: -3s }', /^8:19: calls.ringFor: is not a duration; write a number with its unit/],
    ['calls: { ringFor: true }', /^8:19: calls.ringFor: is not a duration; write a number with its unit/],
    ['calls: { ringFor: 11m }', '8:19: calls.ringFor: is too long; write 1s to 10m'],
    ['calls: { ringFor: 500ms }', '8:19: calls.ringFor: is too short; write 1s to 10m'],
    ['doors: { main: { relay: relay, openFor: 1h } }', '8:41: doors.main.openFor: is too long; write 100ms to 5m'],
    [
      'media: { playoutDelay: { least: 300ms } }',
      '8:33: media.playoutDelay.least: is longer than most; write less, or a longer most',
    ],
    ['media: { playoutDelay: { most: 1s } }', '8:32: media.playoutDelay.most: is too long; write 20ms to 500ms'],
    ['media: { packetTime: 25ms }', '8:22: media.packetTime: is not a multiple of 10ms; write 20ms, the usual one'],
    ['sip: { sessionExpires: 10s }', '8:24: sip.sessionExpires: is out of bounds; write off, or 90s to 24h'],
    ['sip: { sessionExpires: never }', /^8:24: sip.sessionExpires: is not a duration/],
    // Ports.
    ['media: { ports: 16384 }', '8:17: media.ports: is a number where a text belongs; put it in quotes'],
    ['media: { ports: 80-90 }', '8:17: media.ports: is not within 1024 to 65535; write 16384-16484'],
    ['media: { ports: 16384-70000 }', '8:17: media.ports: is not within 1024 to 65535; write 16384-16484'],
    ['media: { ports: 16484-16384 }', '8:17: media.ports: ends before it holds two ports; write 16384-16484'],
    [
      'media: { ports: 16385-16484 }',
      '8:17: media.ports: begins with an odd port; RTP takes the even one of a pair; write 16386-16484',
    ],
    [
      'media: { stun: [ "stun.example.com:0" ] }',
      '8:18: media.stun[0]: has a port that is not 1 to 65535; write stun.example.com or 192.0.2.7:3478',
    ],
    [
      'media: { stun: [ "turn:turn.example.com" ] }',
      '8:18: media.stun[0]: is no plain STUN server; write stun.example.com or 192.0.2.7:3478',
    ],
    [
      'media: { stun: [ "2001:db8::7" ] }',
      '8:18: media.stun[0]: is neither the name nor the address of a STUN server; write stun.example.com or 192.0.2.7:3478',
    ],
    [
      'media: { stun: [ "stun server" ] }',
      '8:18: media.stun[0]: is neither the name nor the address of a STUN server; write stun.example.com or 192.0.2.7:3478',
    ],
    ['media: { stun: stun.example.com }', '8:16: media.stun: is a text where a list belongs; write [ … ]'],
    ['media: { stun: [ a, b, c, d, e ] }', /^8:16: media.stun: /],
    ['media: { ports: a-b }', '8:17: media.ports: is not a range of ports; write 16384-16484'],
    // Addresses.
    [
      'sip: { listen: [ "0.0.0.0:5060" ] }',
      '8:18: sip.listen[0]: does not begin with a transport; write udp:0.0.0.0:5060 (or tcp:…, tls:…)',
    ],
    ['sip: { listen: [ "udp:0.0.0.0" ] }', '8:18: sip.listen[0]: has no port; write udp:0.0.0.0:5060'],
    ['sip: { listen: [ "udp:door:5060" ] }', '8:18: sip.listen[0]: has no IP address; write udp:0.0.0.0:5060'],
    [
      'sip: { listen: [ "udp:0.0.0.0:65536" ] }',
      '8:18: sip.listen[0]: has a port that is not 0 to 65535; write udp:0.0.0.0:5060',
    ],
    [
      'sip: { listen: [ "udp:::1:5060" ] }',
      '8:18: sip.listen[0]: has an IPv6 address without brackets; write udp:0.0.0.0:5060 or [::]:port',
    ],
    [
      'sip: { listen: [ "udp:0.0.0.0:5060", "udp:0.0.0.0:5060" ] }',
      '8:38: sip.listen[1]: stands in the list already; take one of the two out',
    ],
    ['sip: { listen: [] }', '8:16: sip.listen: is empty; list at least one'],
    ['sip: { resolvers: [ "192.0.2.53" ] }', '8:21: sip.resolvers[0]: has no port; write 192.0.2.53:53'],
    [
      'sip: { accept: [ registrars ] }',
      '8:18: sip.accept[0]: is neither "registrar" nor a network nor the name of a host; write registrar',
    ],
    [
      'sip: { accept: [ "phone.example:5060" ] }',
      '8:18: sip.accept[0]: is neither "registrar" nor a network nor the name of a host; write registrar, 192.0.2.0/24, 2001:db8::/32 or phone.example.com',
    ],
    [
      'sip: { accept: [ "*.example.com" ] }',
      '8:18: sip.accept[0]: has a * in it; name each host, or write its network',
    ],
    ['sip: { accept: [ "sip:kitchen@phone.example" ] }', '8:18: sip.accept[0]: is a SIP address; write its host alone'],
    [
      'sip: { accept: [ 7 ] }',
      '8:18: sip.accept[0]: is a number where a text or a table of keys belongs; put it in quotes',
    ],
    ['sip: { accept: [ { username: alice } ] }', '8:18: sip.accept[0].password: is missing; add password'],
    [
      'sip: { accept: [ { username: alice, password: "wonderland", realm: x } ] }',
      '8:61: sip.accept[0].realm: is not a known key; take it out',
    ],
    [
      'sip: { accept: [ { username: 12, password: "wonderland" } ] }',
      '8:30: sip.accept[0].username: is a number where a text belongs; put it in quotes',
    ],
    [
      'sip: { accept: [ { username: a, password: "wonderland" }, { username: a, password: "another one" } ] }',
      '8:71: sip.accept[1].username: has a password already; take one of the two out',
    ],
    [
      'sip: { accept: [ 192.0.2.0/33 ] }',
      '8:18: sip.accept[0]: has a prefix length that is not 0 to 32; write 192.0.2.0/24',
    ],
    [
      'sip: { accept: [ "2001:db8::/129" ] }',
      '8:18: sip.accept[0]: has a prefix length that is not 0 to 128; write 2001:db8::/64',
    ],
    // Choices, switches, percentages.
    [
      'sip: { answer: automatc }',
      '8:16: sip.answer: is not one of automatic, on-request, manual, never; the nearest one is automatic',
    ],
    ['sip: { dtmf: 4 }', '8:14: sip.dtmf: is not one of rtp, info; write one of rtp, info'],
    [
      'media: { codecs: [ PCMA, G729 ] }',
      '8:26: media.codecs[1]: is not one of PCMA, PCMU, G722, opus, L16/16000, L16/8000; the nearest one is G722',
    ],
    ['media: { codecs: [] }', '8:18: media.codecs: is empty; list at least one'],
    ['media: { codecs: [ PCMU, PCMU ] }', '8:26: media.codecs[1]: stands in the list already; take one of the two out'],
    ['log: { digits: yes }', '8:16: log.digits: is neither true nor false; write true or false'],
    ['audio: { speaker: 101 }', '8:19: audio.speaker: is not a percentage; write a whole number from 0 to 100'],
    ['audio: { speaker: -1 }', '8:19: audio.speaker: is not a percentage; write a whole number from 0 to 100'],
    ['audio: { speaker: .nan }', /^8:19: audio.speaker: is not a/],
    ['audio: { speaker: 80% }', '8:19: audio.speaker: is not a number; write it without quotes or unit'],
    ['audio: { device: pulse }', '8:18: audio.device: is not a sound device; write virtual, file or alsa:default'],
    // Texts.
    ['name: 42', '8:7: name: is a number where a text belongs; put it in quotes'],
    ['name: "  "', '8:7: name: is empty; give it a value, or take the key out'],
    ['name: "a\\nb"', '8:7: name: has a control character or a line break in it; write it on one line'],
    // Empty keys, wrong shapes.
    ['calls:', '8:1: calls: is empty; give it a value, or take the key out'],
    [
      'calls: [ 1 ]',
      '8:8: calls: is a list where a table of keys belongs; write its keys below it: ringFor, maxDuration, pressAgain',
    ],
    ['doors: [ main ]', '8:8: doors: is a list where a table of keys belongs; write NAME: with its keys below'],
    ['media: { codecs: PCMA }', '8:18: media.codecs: is a text where a list belongs; write [ … ]'],
    ['name: { first: x }', '8:7: name: is a table of keys where one value belongs; write the value alone'],
    // Missing keys.
    ['mqtt: { username: door }', '8:1: mqtt.url: is missing; add url: mqtts://broker.example.com'],
    ['doors: { main: { openFor: 3s } }', '8:10: doors.main.relay: is missing; add relay: GPIO27'],
    // Names.
    [
      'doors: { "main door": { relay: relay } }',
      '8:10: doors.main door: is not a name; use letters, digits, - and _, 64 at most',
    ],
    ['doors: { constructor: { relay: relay } }', /^8:10: doors.constructor: is not a name/],
    ['doors: { __proto__: { relay: relay } }', /^8:10: doors.__proto__: is not a name/],
    // MQTT, provisioning.
    [
      'mqtt: { url: "http://broker" }',
      '8:14: mqtt.url: is not a broker URL; write mqtt://host:1883 or mqtts://host:8883',
    ],
    ['mqtt: { url: "mqtt://" }', '8:14: mqtt.url: has no host; write mqtt://host:1883'],
    ['mqtt: { url: "mqtt://a:b@c" }', '8:14: mqtt.url: has credentials in the URL; use the keys username and password'],
    ['mqtt: { url: "mqtt://broker/x" }', /^8:14: mqtt.url: has a path/],
    [
      'mqtt: { url: "mqtt://broker:0" }',
      '8:14: mqtt.url: has a port that is not 1 to 65535; leave ":0" out, or correct it',
    ],
    ['mqtt: { url: "mqtt://b", prefix: "a/#" }', /^8:34: mqtt.prefix: has a wildcard/],
    ['mqtt: { url: "mqtt://b", prefix: /a }', /^8:34: mqtt.prefix: begins or ends with a slash/],
    ['mqtt: { url: "mqtt://b", password: "x" }', '8:26: mqtt.password: has no user name beside it; add username'],
    [
      'mqtt: { url: "mqtt://b", commands: [ opne ] }',
      '8:38: mqtt.commands[0]: is not one of press, answer, hangup, hold, resume, transfer, volume, open; the nearest one is open',
    ],
    [
      'provisioning: { server: "http://x" }',
      '8:25: provisioning.server: would have profiles come in the clear; write https://…, or http: true where the network is trusted',
    ],
    [
      'provisioning: { server: "tftp://x" }',
      '8:25: provisioning.server: is not a provisioning server; write auto, pnp, off, sip:… or https://…',
    ],
  ])('%s', (more, said) => {
    const faults = faultsOf(withMore(more));
    expect(faults).toHaveLength(1);
    if (said instanceof RegExp) expect(faults[0]).toMatch(said);
    else expect(faults[0]).toBe(said);
  });

  it.each([
    ['101', /is not a SIP URI: it does not begin with sip:; write sip:101@example\.com$/],
    ['tel:49', /is a number that is not known everywhere; write tel:\+4930123456/],
    ['sip:', /has no host/],
    ['sip:101@', /has no host/],
    ['sip:@host', /has a user with characters that a URI may not hold/],
    ['sip:101@ho st', /has a space, quote or angle bracket in it/],
    ['<sip:101@host>', /is not a SIP URI/],
    ['sip:101@host:0', /has a port that is not 1 to 65535/],
    ['sip:101@host:5060x', /has a port that is not 1 to 65535/],
    ['sip:101@-host', /has a host that is neither a name nor an address/],
    ['sip:101@300.1.1.1', /has a host that is neither a name nor an address/],
    ['sip:101@[::g]', /has a host that is neither a name nor an address/],
    ['sip:101@host;=x', /has a parameter that cannot be read/],
    ['sip:101@host?Subject=x', /has headers \(\?…\), which cannot be called; leave them out/],
    ['sip:101:pw@host', /has a password in the URI/],
  ])('of the address %s', (uri, said) => {
    const faults = faultsOf(SMALL.replace('sip:101@example.com', uri));
    expect(faults).toEqual([expect.stringMatching(/^7:13: buttons\.front\.call\[0\]: /)]);
    expect(faults[0]).toMatch(said);
  });

  it.each([
    'sip:101@example.com',
    'sips:101@example.com',
    'SIP:101@example.com',
    'sip:example.com',
    'sip:10.0.0.7:5070',
    'sip:101@[2001:db8::1]:5060;transport=udp',
    'sip:+49-30-1234;ext=5@example.com;user=phone',
    'sip:a%40b@example.com;lr',
    'sip:front_door@intercom.local',
  ])('takes the address %s (RFC 3261 §19.1.3)', (uri) => {
    expect(faultsOf(SMALL.replace('sip:101@example.com', uri))).toEqual([]);
  });

  it('of a registrar that names a user, and an account that names none (RFC 3261 §10.2)', () => {
    const text = SMALL.replace(
      '  - uri: sip:door@example.com\n',
      '  - uri: sip:example.com\n    registrar: sip:door@pbx.example.com\n',
    );
    expect(faultsOf(text)).toEqual([
      '3:10: accounts[0].uri: has no user; write sip:door@example.com',
      '4:16: accounts[0].registrar: names a user; write the server alone: sip:pbx.example.com',
    ]);
  });
});

describe('all faults', () => {
  it('are said at once, in the order of the file', () => {
    const text = `nmae: Front door
board: virtual
accounts:
  - username: door
    password: { file: secrets/none }
    expires: 300
buttons:
  front:
    line: buton
    call: []
doors:
  main:
    relay: relay
    openFor: 10m
    code: "12#34"
`;
    expect(faultsOf(text).map((fault) => fault.split(' ').slice(0, 2).join(' '))).toEqual([
      '1:1: nmae:',
      '4:5: accounts[0].uri:',
      '5:15: accounts[0].password:',
      '6:14: accounts[0].expires:',
      '9:11: buttons.front.line:',
      '10:11: buttons.front.call:',
      '14:14: doors.main.openFor:',
      '15:11: doors.main.code:',
    ]);
  });

  it('yield no configuration', () => {
    expect(parse(withMore('nmae: x'))).not.toHaveProperty('configuration');
  });
});
