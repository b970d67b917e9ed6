// SIP over UDP, TCP and TLS at a registrar, with digest by MD5 and SHA-256, and a phone that is on UDP whatever the door
// speaks.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech } from '../support/audio-analysis.ts';
import { Authority, type Certificate } from './rig/certificates.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { PASSWORDS } from './rig/kamailio.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const HEARD = 0.6;

type Transport = 'udp' | 'tcp' | 'tls';

/** A door whose account is at the registrar by one transport. */
async function doorBy(rig: Rig, transport: Transport, sip: object = {}): Promise<Doorphone> {
  const port = transport === 'tls' ? 5061 : 5060;
  return await rig.doorphone({
    configuration: {
      accounts: [{ ...account(), registrar: `sip:${ADDRESSES.pbx}:${port};transport=${transport}` }],
      sip: { listen: [`udp:${ADDRESSES.door}:5060`, `tcp:${ADDRESSES.door}:5060`], ...sip },
    },
  });
}

/** What the registrar is known by in its certificate. */
function certificateOf(authority: Authority, file = 'registrar'): Certificate {
  return authority.issue(file, { names: [`IP:${ADDRESSES.pbx}`, `URI:sip:${ADDRESSES.pbx}`] });
}

const TRANSPORTS: readonly (readonly [Transport, 'MD5' | 'SHA-256'])[] = [
  ['udp', 'MD5'],
  ['udp', 'SHA-256'],
  ['tcp', 'SHA-256'],
  ['tls', 'SHA-256'],
];

describe('a call over each transport', () => {
  test.for(TRANSPORTS)(
    '%s, digest by %s: out and in, with digits and the end',
    async ([transport, algorithm], { rig }) => {
      const authority = new Authority(rig.folder);
      const pbx = await rig.kamailio({ algorithm, streams: certificateOf(authority) });
      // Debian's baresip answers no SHA-256: this one registers nowhere, and its number stands for its address.
      const phone = await rig.baresip('phone', { user: 'guest' });
      const tls = transport === 'tls' ? { tls: { ca: authority.certificate } } : {};
      const door = await doorBy(rig, transport, tls);
      await door.registered();
      await pbx.said(new RegExp(`registers door by ${transport}`));
      await door.execute('call', { uri: `sip:801@${ADDRESSES.pbx}` });
      await door.saw('call.answered');
      await elapse(2_500);
      await phone.sendDigits(DOOR_CODE);
      await door.saw('door.opened');
      await phone.hangup();
      expect((await door.saw('call.ended')).reason).toBe('hangup-remote');

      const mark = door.events.mark;
      await phone.dial(`sip:door@${pbx.address}`);
      expect((await door.saw('call.answered', { from: mark })).call).toBeTruthy();
      await pbx.said(/call of door by udp/);
      await door.execute('hangup', {});
      await phone.saw('CALL_CLOSED');
      if (transport === 'tcp') {
        const onTheWire = rig.wire.sip.all(({ method, to }) => method === 'INVITE' && to.address === ADDRESSES.door);
        expect(onTheWire.map(({ protocol }) => protocol)).toContain('tcp');
      }
      expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
      expect(door.program.text).not.toContain(PASSWORDS.door);
    },
  );
});

describe('a registrar over TLS', () => {
  test.for([
    ['of an authority that nobody trusts', { trusted: 'another' }, /unknown|authority|trust|issuer/i],
    [
      'for another name',
      { names: ['URI:sip:other.example', 'DNS:other.example'] },
      /name|identity|is good for|not for/i,
    ],
    ['that has ended', { days: -1 }, /expired|ended|no longer valid/i],
  ] as const)('with a certificate %s is not spoken with, and status says why', async ([, fault, why], { rig }) => {
    const authority = new Authority(rig.folder);
    const trusted = 'trusted' in fault ? new Authority(rig.folder, fault.trusted) : authority;
    const certificate = authority.issue('registrar', { names: [`IP:${ADDRESSES.pbx}`], ...fault });
    const pbx = await rig.kamailio({ streams: certificate });
    const door = await doorBy(rig, 'tls', { tls: { ca: trusted.certificate } });
    const failed = await door.saw('registration.changed', { fits: ({ registered }) => !registered });
    expect(failed.reason).toMatch(why);
    await elapse(4_000);
    const { accounts } = await door.status();
    expect(accounts[0]?.registered).toBe(false);
    expect(accounts[0]?.reason).toMatch(why);
    expect(door.allOf('registration.changed').length).toBe(1);
    expect(door.program.text).not.toContain(PASSWORDS.door);
    await pbx.stop();
  });
});
