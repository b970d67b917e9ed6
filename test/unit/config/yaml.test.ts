import { describe, expect, it } from 'vitest';
import { faultsOf, parse, SMALL } from './support.ts';

describe('YAML that cannot be read', () => {
  it.each([
    ['', '1:1: holds no configuration; write at least name, board, accounts and buttons'],
    ['# nothing\n', '1:1: holds no configuration; write at least name, board, accounts and buttons'],
    ['---\n', '1:1: holds no configuration; write at least name, board, accounts and buttons'],
    ['name: "x\nboard: y\n', '1:7: a closing quote, bracket, brace, comma or colon is missing; close what is open'],
    [
      'sip: { listen: [ "x" ]\nboard: y\n',
      '1:6: a closing quote, bracket, brace, comma or colon is missing; close what is open',
    ],
    ['sip: { listen: [ "x" }\n', '1:6: a closing quote, bracket, brace, comma or colon is missing; close what is open'],
    [
      'name: Door: front\n',
      /^1:7: a key or list begins in the middle of a line; put it on a line of its own, or the text/,
    ],
    ['calls:\n  ringFor: 30s\n maxDuration: 5m\n', /^3:/],
    ['calls:\n\tringFor: 30s\n', /^2:1: a tab indents the line; use spaces/],
    ['name: a\n---\nname: b\n', /^2:1: a second document begins/],
    ['name: !door x\n', /^1:7: a tag \(!…\) is not known/],
    ['name: "\\q"\n', /^1:8: a backslash in double quotes begins no known escape/],
    ['name: @x\n', /^1:7: a text begins with a character that YAML keeps for itself/],
    ['name: a\nname: b\n', '2:1: name: the key stands here a second time; take one of the two out'],
    [
      'calls:\n  ringFor: 3s\n  ringFor: 4s\n',
      '3:3: calls.ringFor: the key stands here a second time; take one of the two out',
    ],
    ['accounts:\n- uri: sip:a@b\n  uri: sip:a@c\n', /^3:3: accounts\[0\]\.uri: the key stands here a second time/],
    ['%YAML 1.1\n---\nname: x\n', '1:1: asks for an old YAML; take the line out: this file is read as YAML 1.2'],
    ['? [a]\n: 1\n', '1:3: a key is not a text; write a name before the colon'],
    ['- name: x\n', /^1:1: is a list where a table of keys belongs/],
    ['door\n', /^1:1: is a text where a table of keys belongs/],
    ['name: &a [ *a ]\n', '1:12: repeats parts of the file (*name) without end; write the values out'],
    [`name: ${'['.repeat(70)}${']'.repeat(70)}\n`, /nested too deeply to be read/],
  ])('%j', (text, said) => {
    const [first, ...rest] = faultsOf(text);
    if (said instanceof RegExp) expect(first).toMatch(said);
    else expect(first).toBe(said);
    expect(rest).toEqual([]);
  });

  it('a bomb of aliases is refused, not built', () => {
    const tripled = Array.from({ length: 10 }, (_, at) => `k${at + 1}: &k${at + 1} [*k${at}, *k${at}, *k${at}]\n`).join(
      '',
    );
    expect(faultsOf(`k0: &k0 [x]\n${tripled}`)).toEqual([
      '2:10: repeats parts of the file (*name) without end; write the values out',
    ]);
    const many = `k0: &k0 x\nk1: [${'*k0, '.repeat(33)}]\n`;
    expect(faultsOf(many)).toEqual(['2:166: repeats parts of the file (*name) more than 32 times; write them out']);
  });

  it('a file of more than 1 MiB is refused unread', () => {
    expect(faultsOf(`name: ${'x'.repeat(1024 * 1024)}`)).toEqual([
      '1:1: is larger than 1 MiB; check that it is the right file',
    ]);
  });

  it('brackets without end neither crash nor hang', () => {
    expect(faultsOf('['.repeat(50_000))).toEqual([expect.stringMatching(/^1:66: is nested too deeply/)]);
    expect(faultsOf('- '.repeat(50_000))).toEqual([expect.stringMatching(/is nested too deeply/)]);
  });

  it('keeps checking the rest of the tree after a duplicate key', () => {
    expect(faultsOf(`${SMALL}name: a\nname: 42\n`)).toEqual([
      '9:1: name: the key stands here a second time; take one of the two out',
      '9:7: name: is a number where a text belongs; put it in quotes',
    ]);
  });

  it('never throws, whatever the bytes', () => {
    const alphabet = [
      '{',
      '}',
      '[',
      ']',
      ':',
      ' ',
      '\n',
      '-',
      '"',
      "'",
      '&a',
      '*a',
      '!',
      '%',
      '#',
      '\t',
      '|',
      '>',
      'name',
      '? ',
      '0',
      '\0',
      '\u2028',
      '\uD800',
    ];
    let state = 7;
    for (let round = 0; round < 3000; round += 1) {
      let text = '';
      for (let part = 0; part < 12; part += 1) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        text += alphabet[(state >>> 8) % alphabet.length];
      }
      const { faults } = parse(text);
      for (const fault of faults) expect(fault.line, JSON.stringify(text)).toBeGreaterThan(0);
    }
  });
});
