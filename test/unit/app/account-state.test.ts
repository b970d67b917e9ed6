import { describe, expect, it } from 'vitest';
import { accountState, registrationChanged } from '../../../src/app/account-state.ts';
import { Secret } from '../../../src/base/secret.ts';
import { seconds } from '../../../src/base/units.ts';
import type { Account, RegistrationState } from '../../../src/sip/index.ts';

const account: Account = {
  uri: 'sip:door@example.com',
  password: new Secret('sesame'),
  expires: seconds(300),
  register: true,
};
const state: RegistrationState = {
  account,
  registered: true,
  reason: null,
  details: {
    registrar: 'sip:backup.example.com',
    since: new Date('2026-05-01T12:00:00Z'),
    outbound: true,
    mapped: '198.51.100.7:40022',
    associated: ['tel:+4930123'],
    flows: [
      { proxy: 'sip:edge1.example.com;lr', registered: false, reason: 'no answer from 192.0.2.1:5060' },
      { proxy: 'sip:edge2.example.com;lr', registered: true, reason: null },
    ],
  },
};

describe('the state of an account', () => {
  it('says where it is registered, since when, and by which ways; no secret', () => {
    expect(accountState(state)).toEqual({
      uri: 'sip:door@example.com',
      registers: true,
      registered: true,
      reason: null,
      registrar: 'sip:backup.example.com',
      since: '2026-05-01T12:00:00.000Z',
      outbound: true,
      mapped: '198.51.100.7:40022',
      alsoKnownAs: ['tel:+4930123'],
      flows: [
        { proxy: 'sip:edge1.example.com;lr', registered: false, reason: 'no answer from 192.0.2.1:5060' },
        { proxy: 'sip:edge2.example.com;lr', registered: true, reason: null },
      ],
    });
  });

  it('says so where there is nothing to register at', () => {
    const peer = { account: { ...account, register: false }, registered: false, reason: null };
    expect(accountState(peer)).toEqual({
      uri: 'sip:door@example.com',
      registers: false,
      registered: false,
      reason: 'peer to peer',
    });
  });
});

describe('the event', () => {
  it('gives the reason that stands, else what led to the change', () => {
    const known = { account: 'sip:door@example.com', registrar: 'sip:backup.example.com' };
    expect(registrationChanged(state, undefined)).toEqual({ ...known, registered: true });
    expect(registrationChanged(state, 'sip:a answers again')).toEqual({
      ...known,
      registered: true,
      reason: 'sip:a answers again',
    });
    const refused = { ...state, registered: false, reason: '403 Forbidden', status: 403 };
    expect(registrationChanged(refused, undefined)).toEqual({
      ...known,
      registered: false,
      status: 403,
      reason: '403 Forbidden',
    });
  });
});
