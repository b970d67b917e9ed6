// By whom a call was sent on: RFC 5806, RFC 7044.

import { describe, expect, it } from 'vitest';
import { readDiversions } from '../../../../src/sip/identity/index.ts';
import { incoming } from '../../../support/sip-messages.ts';

const invite = (...extra: readonly string[]) => incoming('INVITE', { extra });

describe('readDiversions', () => {
  it('reads Diversion, the latest first', () => {
    const call = invite(
      'Diversion: "Kitchen" <sip:101@example.com>;reason=no-answer;counter=1',
      'Diversion: <tel:+4930123>;reason=user-busy;privacy=off',
    );
    expect(readDiversions(call)).toEqual([
      { from: 'sip:101@example.com', reason: 'no-answer' },
      { from: 'tel:+4930123', reason: 'user-busy' },
    ]);
  });

  it('leaves out who asks not to be named', () => {
    expect(readDiversions(invite('Diversion: <sip:101@example.com>;privacy=full'))).toEqual([]);
    const history = 'History-Info: <sip:101@example.com?Privacy=history&Reason=SIP%3Bcause%3D486>;index=1';
    expect(readDiversions(invite(history, 'History-Info: <sip:102@example.com>;index=1.1;mp=1'))).toEqual([]);
  });

  it('reads History-Info: whose call it was, and what it got there (RFC 7044 §5)', () => {
    // The example of §5, without its privacy.
    const call = invite(
      'History-Info: <sip:UserA@ims.example.com?Reason=SIP%3Bcause%3D302>;index=1.1, ' +
        '<sip:UserB@example.com?Reason=SIP%3Bcause%3D486>;index=1.2;mp=1.1, <sip:45432@192.168.0.3>;index=1.3;rc=1.2',
    );
    expect(readDiversions(call)).toEqual([{ from: 'sip:UserA@ims.example.com', reason: '302' }]);
  });

  it('takes a call that was only routed for one that nobody sent on', () => {
    const call = invite('History-Info: <sip:a@b>;index=1, <sip:a@c>;index=1.1;rc=1, <sip:a@c>;index=1.1.1;np=1.1');
    expect(readDiversions(call)).toEqual([]);
  });

  it.each(['Diversion: <', 'History-Info: x', 'History-Info: <sip:a@b>;index=1;mp=9', 'Diversion: *'])(
    'is not spoiled by %s',
    (line) => {
      expect(() => readDiversions(invite(line))).not.toThrow();
    },
  );

  it('is bounded', () => {
    const many = Array.from({ length: 20 }, (_, at) => `<sip:${at}@example.com>;reason=${'x'.repeat(200)}`);
    const diversions = readDiversions(invite(`Diversion: ${many.join(', ')}`));
    expect(diversions).toHaveLength(5);
    expect(diversions[0]?.reason).toHaveLength(40);
  });
});
