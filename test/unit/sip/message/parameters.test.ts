import { describe, expect, it } from 'vitest';
import { type Parameters, parseNameAddress } from '../../../../src/sip/message/index.ts';

function read(text: string): Parameters {
  const parsed = parseNameAddress(`<sip:a@b>${text}`);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value.parameters;
}

/** RFC 3261 §20.10, §25.1 */
const text = ' ; Expires = 3600;lr;TAG="a;\\"1" ;tag=2;Received=2001:DB8::1';
const expected: [string, string | true][] = [
  ['expires', '3600'],
  ['lr', true],
  ['tag', 'a;"1'],
  ['received', '2001:DB8::1'],
];

describe('the parameters of an address', () => {
  it('are found by lower-case name, the first of those that come twice', () => {
    const parameters = read(text);
    for (const [name, value] of expected) expect(parameters.get(name)).toBe(value);
    expect(parameters.has('tag')).toBe(true);
    expect(parameters.has('q')).toBe(false);
    expect(parameters.get('q')).toBeUndefined();
    expect(parameters.size).toBe(4);
  });

  it('are listed in their order, as a map lists them', () => {
    const parameters = read(text);
    const each: unknown[] = [];
    parameters.forEach((value, name, all) => {
      each.push([name, value, all === parameters]);
    });
    expect(each).toEqual(expected.map((entry) => [...entry, true]));
    expect([...parameters]).toEqual(expected);
    expect([...parameters.entries()]).toEqual(expected);
    expect([...parameters.keys()]).toEqual(expected.map(([name]) => name));
    expect([...parameters.values()]).toEqual(expected.map(([, value]) => value));
    expect([...new Map(parameters)]).toEqual(expected);
  });

  it('stop at a comma', () => {
    expect([...read(';x=1').entries()]).toEqual([['x', '1']]);
    expect(parseNameAddress('<sip:a@b>;x=1, <sip:c@d>;y=2').ok).toBe(false);
  });

  it('may be none', () => {
    expect([...read('')]).toEqual([]);
    expect(read(';x').has('tag')).toBe(false);
  });
});
