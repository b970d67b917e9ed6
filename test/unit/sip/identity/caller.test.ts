// Who calls: RFC 3325, RFC 3323, and the Remote-Party-ID of older PBXs.

import { describe, expect, it } from 'vitest';
import { readCaller } from '../../../../src/sip/identity/index.ts';
import { incoming } from '../../../support/sip-messages.ts';

const FROM = '"Alice" <sip:alice@192.0.2.1>;tag=1';
const invite = (...extra: readonly string[]) => incoming('INVITE', { from: FROM, extra });

describe('readCaller', () => {
  it('names whom From names, where nobody says more', () => {
    const caller = readCaller(invite(), true);
    expect(caller).toMatchObject({ asserted: false, shown: { displayName: 'Alice', uri: 'sip:alice@192.0.2.1' } });
    expect(caller.known).toEqual(caller.shown);
  });

  it.each([
    // RFC 3325 §10.1, §10.2.
    ['"Cullen Jennings" <sip:fluffy@cisco.com>', 'sip:fluffy@cisco.com', 'Cullen Jennings'],
    ['tel:+14085264000', 'tel:+14085264000', undefined],
    ['<sip:+14085551212@carrier.example;user=phone>', 'sip:+14085551212@carrier.example;user=phone', undefined],
  ])('names whom a server of ours asserts: %s', (asserted, uri, displayName) => {
    const caller = readCaller(invite(`P-Asserted-Identity: ${asserted}`), true);
    expect(caller).toMatchObject({ asserted: true, shown: { uri, displayName } });
  });

  it('prefers the sip: to the tel: of the same person, on one line or on two', () => {
    const [tel, sip] = ['tel:+14085264000', '"Cullen Jennings" <sip:fluffy@cisco.com>'];
    for (const lines of [
      [`P-Asserted-Identity: ${tel}, ${sip}`],
      [`P-Asserted-Identity: ${tel}`, `P-Asserted-Identity: ${sip}`],
    ]) {
      expect(readCaller(invite(...lines), true).known.uri).toBe('sip:fluffy@cisco.com');
    }
  });

  it('does not use what anybody else asserts, in any way (RFC 3325 §8)', () => {
    const caller = readCaller(
      invite('P-Asserted-Identity: <sip:boss@example.com>', 'Remote-Party-ID: <sip:boss@example.com>;party=calling'),
      false,
    );
    expect(caller).toMatchObject({ asserted: false, known: { uri: 'sip:alice@192.0.2.1' } });
  });

  it('does not take the caller’s own wish for an identity', () => {
    expect(readCaller(invite('P-Preferred-Identity: <sip:boss@example.com>'), true).known.uri).toBe(
      'sip:alice@192.0.2.1',
    );
  });

  it('reads Remote-Party-ID of a caller, where nothing newer is there', () => {
    const called = 'Remote-Party-ID: "Door" <sip:door@example.com>;party=called';
    const calling = 'Remote-Party-ID: "Bob" <sip:102@example.com>;party=calling;screen=yes;privacy=off';
    expect(readCaller(invite(called, calling), true)).toMatchObject({
      asserted: true,
      shown: { uri: 'sip:102@example.com', displayName: 'Bob' },
    });
    const newer = 'P-Asserted-Identity: <sip:103@example.com>';
    expect(readCaller(invite(calling, newer), true).known.uri).toBe('sip:103@example.com');
    expect(readCaller(invite(called), true).asserted).toBe(false);
  });

  it.each(['Privacy: id', 'Privacy: user;critical', 'Privacy: header; id', 'Privacy: ID'])(
    'does not show somebody who asks for %s, and still tells it from others',
    (privacy) => {
      const caller = readCaller(invite('P-Asserted-Identity: <sip:102@example.com>', privacy), true);
      expect(caller.shown.uri).toBe('sip:anonymous@anonymous.invalid');
      expect(caller.known.uri).toBe('sip:102@example.com');
      expect(readCaller(invite(privacy), false).shown.uri).toBe('sip:anonymous@anonymous.invalid');
    },
  );

  it('does not show somebody whose Remote-Party-ID asks for that', () => {
    const remote = 'Remote-Party-ID: <sip:102@example.com>;privacy=full';
    expect(readCaller(invite(remote), true).shown.uri).toBe('sip:anonymous@anonymous.invalid');
  });

  it.each(['Privacy: none', 'Privacy: session', 'Privacy: session;critical'])('shows somebody with %s', (privacy) => {
    expect(readCaller(invite(privacy), false).shown.uri).toBe('sip:alice@192.0.2.1');
  });

  it.each(['P-Asserted-Identity: "', 'P-Asserted-Identity: *', 'P-Asserted-Identity: ,', 'Remote-Party-ID: <x'])(
    'passes over what cannot be read: %s',
    (line) => {
      expect(readCaller(invite(line), true).known.uri).toBe('sip:alice@192.0.2.1');
    },
  );

  it('keeps names to one short line', () => {
    const long = readCaller(invite(`P-Asserted-Identity: "${'x'.repeat(500)}" <sip:a@b>`), true);
    expect(long.shown.displayName).toHaveLength(80);
    const empty = readCaller(incoming('INVITE', { from: '" " <sip:alice@192.0.2.1>;tag=1' }), false);
    expect(empty.shown.displayName).toBeUndefined();
  });
});
