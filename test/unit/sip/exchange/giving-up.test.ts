// A user of an exchange whose patience ends before the transaction's.

import { describe, expect, it } from 'vitest';
import { ok } from '../../../../src/base/result.ts';
import { ClientExchange } from '../../../../src/sip/exchange/index.ts';
import { createRequest } from '../../../../src/sip/message/index.ts';
import type { Endpoint, SipRequest } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLog } from '../../../support/recording-log.ts';

const place = (address: string): Endpoint => ({ protocol: 'udp', address, port: 5060 });

function begun(addresses: readonly string[]) {
  const heard: string[] = [];
  const build = (): SipRequest =>
    createRequest({
      method: 'REGISTER',
      requestUri: 'sip:house.example',
      headers: [
        ['From', '<sip:door@house.example>;tag=1'],
        ['To', '<sip:door@house.example>'],
        ['Call-ID', 'c'],
        ['CSeq', '1 REGISTER'],
      ],
    });
  const exchange = new ClientExchange(
    {
      clock: new FakeClock(),
      log: new RecordingLog(),
      request: (request, target) => {
        heard.push(`sent ${target.address}`);
        const abandon = (): void => void heard.push(`abandoned ${target.address}`);
        const pause = (): void => void heard.push(`paused ${target.address}`);
        return { request, target, cancel: () => undefined, abandon, pause, resume: () => undefined };
      },
      locate: (_, done) => done(ok(addresses.map(place))),
      reached: () => undefined,
      missed: ({ address }) => heard.push(`missed ${address}`),
    },
    undefined,
    { nextHop: 'sip:house.example', build },
    { final: () => undefined, failed: (reason) => heard.push(`failed ${reason}`), heard: () => undefined },
  );
  exchange.begin();
  return { exchange, heard };
}

describe('an exchange that is given up at an address', () => {
  it('counts the address as dead, tries the next and listens to both, and fails after the last', () => {
    const { exchange, heard } = begun(['10.0.0.5', '10.0.0.6']);
    exchange.giveUp();
    exchange.giveUp();
    expect(heard).toEqual([
      'sent 10.0.0.5',
      'paused 10.0.0.5',
      'missed 10.0.0.5',
      'sent 10.0.0.6',
      'missed 10.0.0.6',
      'abandoned 10.0.0.5',
      'abandoned 10.0.0.6',
      'failed timeout',
    ]);
  });

  it('says nothing at all when it is abandoned', () => {
    const { exchange, heard } = begun(['10.0.0.5']);
    exchange.abandon();
    expect(heard).toEqual(['sent 10.0.0.5', 'abandoned 10.0.0.5']);
  });
});
