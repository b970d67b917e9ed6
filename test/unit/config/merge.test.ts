// Layers of configuration, one over the other.

import { describe, expect, it } from 'vitest';
import { mergeLayers } from '../../../src/config/merge.ts';

describe('a layer over another', () => {
  it('adds and replaces key by key, however deep', () => {
    const below = {
      name: 'Door',
      sip: { listen: ['udp:0.0.0.0:5060'], dtmf: 'auto' },
      doors: { main: { openFor: '3s' } },
    };
    const above = { name: 'North', sip: { dtmf: 'info' }, doors: { gate: { openFor: '5s' } } };
    expect(mergeLayers(below, above)).toEqual({
      name: 'North',
      sip: { listen: ['udp:0.0.0.0:5060'], dtmf: 'info' },
      doors: { main: { openFor: '3s' }, gate: { openFor: '5s' } },
    });
    expect(below.name).toBe('Door');
    expect(below.doors).toEqual({ main: { openFor: '3s' } });
  });

  it('replaces lists whole', () => {
    expect(
      mergeLayers({ accounts: [{ uri: 'sip:a@x' }, { uri: 'sip:b@x' }] }, { accounts: [{ uri: 'sip:c@x' }] }),
    ).toEqual({
      accounts: [{ uri: 'sip:c@x' }],
    });
  });

  it.each([
    ['a table over a value', { log: 'info' }, { log: { level: 'debug' } }, { log: { level: 'debug' } }],
    ['a value over a table', { password: { file: '/x' } }, { password: 'y' }, { password: 'y' }],
    ['a secret over another', { code: { file: '/x' } }, { code: { age: 'y' } }, { code: { age: 'y' } }],
    ['a door of that name', { file: { a: 1 } }, { age: { b: 2 } }, { file: { a: 1 }, age: { b: 2 } }],
    ['null over a table', { mqtt: { url: 'mqtt://x' } }, { mqtt: null }, { mqtt: null }],
    ['nothing over something', { a: 1 }, undefined, { a: 1 }],
    ['something over nothing', undefined, { a: 1 }, { a: 1 }],
  ])('%s', (_, below, above, merged) => {
    expect(mergeLayers(below, above)).toEqual(merged);
  });

  it('takes a key named __proto__ for a key', () => {
    const merged = mergeLayers({}, JSON.parse('{"__proto__":{"polluted":true}}'));
    expect(Object.keys(Object(merged))).toEqual(['__proto__']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
