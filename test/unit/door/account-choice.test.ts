import { describe, expect, it } from 'vitest';
import { seconds } from '../../../src/base/units.ts';
import { chooseAccount } from '../../../src/door/account-choice.ts';
import type { Account } from '../../../src/sip/agent/types.ts';

const account = (uri: string, register = true): Account => ({ uri, register, expires: seconds(300) });
const HOME = account('sip:door@home.example');
const WORK = account('sip:door@work.example');
const DIRECT = account('sip:door@192.0.2.10', false);

function choose(target: string, accounts: readonly Account[], registered: readonly Account[]): string | undefined {
  const states = accounts.map((each) => ({ account: each, registered: registered.includes(each), reason: null }));
  return chooseAccount(target, accounts, states)?.uri;
}

describe('chooseAccount', () => {
  it.each([
    ['the first, where all are alike', 'sip:1@far.example', [HOME, WORK], [HOME, WORK], HOME],
    ['the one of the target’s domain', 'sip:1@work.example', [HOME, WORK], [HOME, WORK], WORK],
    ['one that is registered before one that is not', 'sip:1@far.example', [HOME, WORK], [WORK], WORK],
    ['another that works, where the own one is lost', 'sip:1@work.example', [HOME, WORK], [HOME], HOME],
    ['the own one, where none works', 'sip:1@work.example', [HOME, WORK], [], WORK],
    ['one that needs no registration', 'sip:1@far.example', [HOME, DIRECT], [], DIRECT],
    ['the first, where none works and none fits', 'sip:1@far.example', [HOME, WORK], [], HOME],
  ])('takes %s', (_name, target, accounts, registered, expected) => {
    expect(choose(target, accounts, registered)).toBe(expected.uri);
  });

  it('has none to choose where there is none', () => expect(choose('sip:1@far.example', [], [])).toBeUndefined());
});
