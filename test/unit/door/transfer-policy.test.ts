import { describe, expect, it } from 'vitest';
import { TransferPolicy, type TransferRules } from '../../../src/door/transfer-policy.ts';

const TARGETS = ['sip:101@pbx.example.com', 'sip:102@pbx.example.com;transport=tcp', 'sip:10.0.0.7'];

function policy(mode: TransferRules['mode']): TransferPolicy {
  return new TransferPolicy({
    mode,
    targets: TARGETS,
    isKnownPlace: (target) => /@?(pbx\.example\.com|10\.0\.0\.7)/.test(target),
  });
}

const WHOM = {
  named: 'sip:101@pbx.example.com',
  neighbour: 'sip:105@pbx.example.com',
  premium: 'sip:0900123456@pbx.example.com',
  elsewhere: 'sip:+900123456@premium.example.net',
};

describe('to whom a visitor may be handed over', () => {
  it.each([
    ['known', 'outgoing', ['named', 'neighbour', 'premium']],
    // A caller from outside must not have the door ring what costs.
    ['known', 'incoming', ['named']],
    ['any', 'outgoing', ['named', 'neighbour', 'premium', 'elsewhere']],
    ['any', 'incoming', ['named', 'neighbour', 'premium']],
    ['off', 'outgoing', []],
    ['off', 'incoming', []],
  ] as const)('%s, in an %s call', (mode, direction, allowed) => {
    const may = Object.entries(WHOM).flatMap(([name, uri]) => (policy(mode).mayTransfer(direction, uri) ? [name] : []));
    expect(may).toEqual([...allowed]);
  });

  it('a call is replaced, unless transfers are off', () => {
    expect(policy('known').mayReplace).toBe(true);
    expect(policy('off').mayReplace).toBe(false);
  });
});

describe('whose digits open a door after it', () => {
  it.each([
    ['sip:101@pbx.example.com', true],
    ['sip:101@PBX.example.com;transport=tls', true],
    ['sip:102@pbx.example.com', true],
    ['sip:10.0.0.7', true],
    ['sip:105@pbx.example.com', false],
    ['sip:101@premium.example.net', false],
    ['sip:10.0.0.8', false],
    ['sip:x@10.0.0.7', false],
    ['tel:101', false],
  ])('%s: %s', (target, opens) => {
    for (const mode of ['known', 'any'] as const) expect(policy(mode).mayOpen(target)).toBe(opens);
  });
});
