import { describe, expect, it } from 'vitest';
import { isGoodFor, sipIdentities } from '../../../../src/sip/transport/tls-identity.ts';

describe('the SIP domains in a certificate (RFC 5922 §7.1)', () => {
  it.each<[string | undefined, readonly string[], readonly string[]]>([
    ['URI:sip:example.com, DNS:other.example', [], ['example.com']],
    ['URI:SIP:Example.COM', [], ['example.com']],
    ['URI:sip:example.com:5061;transport=tls', [], ['example.com']],
    ['DNS:a.example, DNS:b.example', ['c.example'], ['a.example', 'b.example']],
    // The scheme must be sip; a userpart identifies an individual.
    ['URI:sips:example.com, DNS:d.example', [], ['d.example']],
    ['URI:sip:bob@example.com, DNS:d.example', [], ['d.example']],
    ['URI:sip:%62ob@example.com, DNS:d.example', [], ['d.example']],
    ['email:a@b.example, IP Address:192.0.2.1', ['c.example'], []],
    // A common name counts only where there are no alternative names, and only if it is a name.
    [undefined, ['c.example'], ['c.example']],
    [undefined, ['Front door of ACME', 'c.example'], ['c.example']],
    [undefined, [], []],
    ['', ['c.example'], []],
    // Node puts values in quotes that could be mistaken for the next name (CVE-2021-44532).
    ['DNS:"evil.example, DNS:pbx.example"', [], ['evil.example, dns:pbx.example']],
    ['URI:"sip:evil.example, URI:sip:pbx.example", DNS:d.example', [], ['d.example']],
    ['DNS:"a\\"b", DNS:d.example', [], ['a"b', 'd.example']],
    ['DNS:"unfinished', [], []],
  ])('%j and %j: %j', (subjectAltName, commonNames, expected) => {
    expect(sipIdentities({ subjectAltName, commonNames })).toEqual(expected);
  });
});

describe('comparing them (§7.2)', () => {
  it.each([
    ['DNS:example.com', 'EXAMPLE.com', true],
    ['DNS:example.com', 'foo.example.com', false],
    ['DNS:foo.example.com', 'example.com', false],
    ['DNS:*.example.com', 'foo.example.com', false],
    ['DNS:*.example.com', '*.example.com', true],
    ['DNS:.example.com', 'foo.example.com', false],
    ['IP Address:192.0.2.1', '192.0.2.1', true],
    ['IP Address:2001:DB8:0:0:0:0:0:1', '2001:db8::1', true],
    ['IP Address:192.0.2.1', '192.0.2.10', false],
    ['IP Address:192.0.2.1', 'pbx.example', false],
  ])('%s for %s: %s', (subjectAltName, wanted, expected) => {
    expect(isGoodFor({ subjectAltName, commonNames: [] }, wanted)).toBe(expected);
  });
});
