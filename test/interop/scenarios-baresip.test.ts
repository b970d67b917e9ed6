// SIPp's scenarios played against baresip: they must be right before they judge the product.

import { describe, expect } from 'vitest';
import { ADDRESSES } from './rig/network.ts';
import { test } from './rig/rig.ts';

describe('scenarios that are called', () => {
  test('refuse', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'refuse', fill: { STATUS: '486 Busy Here' } });
    const phone = await rig.baresip('desk', { user: '102' });
    await phone.dial(`sip:900@${ADDRESSES.sipp}`);
    await sipp.passed();
    expect((await phone.saw('CALL_CLOSED')).param).toContain('486');
  });

  test('ring until cancelled', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'ring-until-cancelled' });
    const phone = await rig.baresip('desk', { user: '102' });
    await phone.dial(`sip:900@${ADDRESSES.sipp}`);
    await phone.saw('CALL_RINGING');
    await phone.hangup();
    await sipp.passed();
  });

  test('answer after CANCEL', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'answer-after-cancel' });
    const phone = await rig.baresip('desk', { user: '102' });
    await phone.dial(`sip:900@${ADDRESSES.sipp}`);
    await phone.saw('CALL_RINGING');
    await phone.hangup();
    await sipp.passed();
  });

  test('repeat the answer', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'repeat-answer', retransmissions: false });
    const phone = await rig.baresip('desk', { user: '102' });
    await phone.dial(`sip:900@${ADDRESSES.sipp}`);
    await sipp.passed();
    expect(rig.wire.requests('ACK', phone.host.address).length).toBe(2);
  });
});

describe('scenarios that call', () => {
  const target = `${ADDRESSES.desk}:5060`;

  test('repeat the INVITE', async ({ rig }) => {
    const phone = await rig.baresip('desk', { user: '102', answer: 'manual' });
    const sipp = await rig.sipp({ scenario: 'repeat-invite', target, service: '102' });
    await phone.saw('CALL_INCOMING');
    await rig.wire.sip.find('second INVITE', () => rig.wire.requests('INVITE', ADDRESSES.sipp).length >= 2);
    await phone.accept();
    await sipp.passed();
    expect(phone.events.all((event) => event.type === 'CALL_INCOMING').length).toBe(1);
  });

  test('call without an offer', async ({ rig }) => {
    await rig.baresip('desk', { user: '102' });
    const sipp = await rig.sipp({ scenario: 'call-without-offer', target, service: '102' });
    await sipp.passed();
  });

  test('offer a foreign codec', async ({ rig }) => {
    await rig.baresip('desk', { user: '102' });
    const sipp = await rig.sipp({ scenario: 'offer-foreign-codec', target, service: '102' });
    await sipp.passed();
  });
});
