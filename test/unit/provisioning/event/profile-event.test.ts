// The syntax of `ua-profile` (RFC 6080 §6.2) and of notifications that name a profile (RFC 4483), as the RFCs have it and
// as the field writes it.

import { describe, expect, it } from 'vitest';
import {
  deviceProfileUri,
  formatProfileEvent,
  localNetworkUri,
  macOfUrn,
  macOfUser,
  readEffectiveBy,
  readIndirection,
  readMac,
  readProfileEvent,
  urnOfMac,
  urnOfUser,
  writeIndirection,
} from '../../../../src/provisioning/event/index.ts';
import { parseEventType } from '../../../../src/sip/message/index.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

function parametersOf(event: string): ReadonlyMap<string, string | true> {
  const parsed = parseEventType(event);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value.parameters;
}

describe('Event of ua-profile', () => {
  const door = { type: 'device', vendor: 'vendor.example.com', model: 'Z100', version: '1.2.3' } as const;

  it('is written as RFC 6080 §6.2.4 shows it', () => {
    expect(formatProfileEvent(door)).toBe(
      'ua-profile;profile-type=device;vendor="vendor.example.com";model="Z100";version="1.2.3"',
    );
  });

  it.each([
    'ua-profile;profile-type=device;vendor="vendor.example.com";model="Z100";version="1.2.3"',
    'ua-profile;profile-type="device";vendor="vendor.example.com";model="Z100";version="1.2.3"',
    'ua-profile;version=1.2.3;model=Z100;vendor=vendor.example.com;profile-type=DEVICE',
    'ua-profile;profile-type="application";vendor="vendor.example.com";model="Z100";version="1.2.3"',
  ])('%s is read', (text) => {
    expect(readProfileEvent(parametersOf(text))).toEqual(door);
  });

  it('comes back as it was, whatever is in the names', () => {
    const odd = { type: 'user', vendor: 'a"b\\c', model: '; x=y', version: '' } as const;
    expect(readProfileEvent(parametersOf(formatProfileEvent(odd, true)))).toEqual(odd);
  });

  it.each([
    ['ua-profile;effective-by=0', 0],
    ['ua-profile;effective-by="3600"', 3600],
    ['ua-profile', undefined],
    ['ua-profile;effective-by=-1', undefined],
    ['ua-profile;effective-by=soon', undefined],
    ['ua-profile;effective-by=99999999999999', undefined],
  ])('%s: %s s', (text, seconds) => {
    expect(readEffectiveBy(parametersOf(text))).toBe(seconds);
  });
});

describe('who is subscribed to', () => {
  const urn = 'urn:uuid:f81d4fae-7ced-11d0-a765-00a0c91e6bf6';

  it('a device with a hardware address is the UUID of it, at the time of zero (RFC 6080 §5.1.4.2)', () => {
    expect(urnOfMac('b827eb010203')).toBe('urn:uuid:00000000-0000-1000-8000-b827eb010203');
    expect(macOfUrn('urn:uuid:00000000-0000-1000-8000-b827eb010203')).toBe('b827eb010203');
    expect(macOfUrn(urn)).toBeUndefined();
  });

  it('a device is its URN, escaped (RFC 6080 §5.1.4.2)', () => {
    const uri = deviceProfileUri(urn, 'example.com');
    expect(uri).toBe('sip:urn%3auuid%3af81d4fae-7ced-11d0-a765-00a0c91e6bf6@example.com');
    expect(urnOfUser('urn%3Auuid%3AF81D4FAE-7CED-11D0-A765-00A0C91E6BF6')).toBe(urn);
    expect(urnOfUser('urn%3auuid%3anobody')).toBeUndefined();
    expect(localNetworkUri('airport.example.net')).toBe('sip:_sipuaconfig.airport.example.net');
  });

  it.each([
    'MAC%3ab827eb010203',
    'MAC%3AB827EB010203',
    'MACb827eb010203',
    'MAC=b827eb010203',
    'b827eb010203',
    'mac:B8:27:EB:01:02:03',
  ])('%s is a hardware address', (user) => {
    expect(macOfUser(user)).toBe('b827eb010203');
  });

  it.each(['00000001', 'MAC%3ab827eb01020', 'MAC%3ab827eb01020g', '', 'alice', 'MAC%3ab827eb0102030'])(
    '%s is none',
    (user) => {
      expect(macOfUser(user)).toBeUndefined();
    },
  );

  it('an address is read as people write it', () => {
    expect(readMac('B8-27-EB-01-02-03')).toBe('b827eb010203');
    expect(readMac('b827.eb01.0203')).toBe('b827eb010203');
    expect(readMac('b8:27:eb:01:02')).toBeUndefined();
  });
});

describe('a notification that names a profile', () => {
  const content = {
    url: 'https://boot.example.com/b827eb010203.yaml?key=x',
    expires: new Date('2026-12-24T09:00:00Z'),
    size: 2048,
    hash: '10ab568e91245681ac1b10ab568e91245681ac1b',
    contentId: '1234567890@example.com',
    contentType: 'application/yaml',
  };

  it('is written as RFC 4483 §6.1 has it', () => {
    const { type, data } = writeIndirection(content);
    expect(type).toBe(
      'message/external-body;access-type="URL";expiration="Thu, 24 Dec 2026 09:00:00 GMT";' +
        'URL="https://boot.example.com/b827eb010203.yaml?key=x";size=2048;hash=10ab568e91245681ac1b10ab568e91245681ac1b',
    );
    expect(data.toString()).toBe(
      'Content-Type: application/yaml\r\nContent-ID: <1234567890@example.com>\r\nContent-Disposition: session\r\n\r\n',
    );
    expect(readIndirection(type, data)).toEqual({ ok: true, value: content });
  });

  it('of RFC 4483 §6.1 is read: header fields folded, other names about', () => {
    const type =
      'message/external-body; ACCESS-TYPE=URL; expiration="Mon, 24 June 2002 09:00:00 GMT"; ' +
      'URL="http://www.example.com/the-indirect-content"; size=52; hash=10AB568E91245681AC1B10AB568E91245681AC1B';
    const body = Buffer.from(
      'Content-Type: image/jpg\r\nContent-ID: <1234567890@example.com>\r\nContent-Disposition: render\r\n\r\n',
    );
    expect(readIndirection(type, body)).toEqual({
      ok: true,
      value: {
        url: 'http://www.example.com/the-indirect-content',
        expires: new Date('2002-06-24T09:00:00Z'),
        size: 52,
        hash: '10ab568e91245681ac1b10ab568e91245681ac1b',
        contentId: '1234567890@example.com',
        contentType: 'image/jpg',
      },
    });
  });

  it.each([
    ['a bare URL', 'application/url', 'https://192.0.2.1/prov/', 'https://192.0.2.1/prov/'],
    ['a line end behind it', 'application/url', 'http://192.0.2.1/cfg/{mac}.cfg\r\n', 'http://192.0.2.1/cfg/{mac}.cfg'],
    ['two bytes too many', 'application/url', 'https://192.0.2.1/x\0\0', 'https://192.0.2.1/x'],
    ['Grandstream', 'application/x-gs-ucm-url', 'https://192.0.2.1:8089/zccgi/', 'https://192.0.2.1:8089/zccgi/'],
    [
      'in the parameter only',
      'message/external-body; access-type=URL; URL="https://192.0.2.1/a"',
      '',
      'https://192.0.2.1/a',
    ],
    ['TFTP, which is refused later', 'application/url', 'tftp://192.0.2.1', 'tftp://192.0.2.1'],
  ])('%s', (_, type, body, url) => {
    const read = readIndirection(type, Buffer.from(body));
    expect(read.ok ? read.value.url : read.error).toBe(url);
  });

  it.each([
    ['nothing', 'application/url', ''],
    ['no absolute URL', 'application/url', '/etc/passwd'],
    ['a mail server', 'message/external-body; access-type="mail-server"; server="x@y"', ''],
    ['an endless one', 'application/url', `https://x/${'a'.repeat(4000)}`],
  ])('%s names nothing', (_, type, body) => {
    expect(readIndirection(type, Buffer.from(body)).ok).toBe(false);
  });

  it('is read in time, and never throws, whatever comes', () => {
    const random = new SeededRandom(3);
    const seeds = [
      writeIndirection(content).type,
      'application/url',
      `a;${'b="\\'.repeat(2000)}`,
      `x;${';='.repeat(4000)}`,
    ];
    for (let at = 0; at < 3000; at += 1) {
      const bytes = Buffer.from(seeds[at % seeds.length] ?? '');
      for (let change = 0; change < 4; change += 1) {
        bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
      }
      const read = readIndirection(bytes.toString('latin1'), random.bytes(200));
      if (read.ok) expect(read.value.url.length).toBeGreaterThan(0);
    }
  });
});
