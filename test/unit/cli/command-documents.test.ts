// The manual page and the completion that the package carries.

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { COMMANDS, isCommand, specificationOf } from '../../../src/cli/command-table.ts';
import { bashCompletion, manualPage } from '../../../tools/command-documents.ts';

const names = Object.keys(COMMANDS).filter(isCommand);

/** What bash offers for a line that ends where the cursor is. */
function completed(line: string): readonly string[] {
  const script = `${bashCompletion()}
COMP_WORDS=(${line.replace(/ $/, " ''")}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _doorphone; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe('the manual page', () => {
  const page = manualPage('1.2.3', '2026-01-31');

  test.each(names)('says what %s does', (name) => {
    const { help } = specificationOf(name);
    expect(page).toContain(`.B ${name.replace(/-/g, '\\-')}`);
    expect(page).toContain(help.slice(1).replace(/-/g, '\\-'));
  });

  test('has the title that man looks for', () => {
    expect(page.split('\n')[0]).toBe('.TH DOORPHONE 1 "2026-01-31" "doorphone 1.2.3"');
  });
});

describe('completion for bash', () => {
  test('of a command', () => {
    expect(completed('doorphone pre')).toEqual(['press']);
    expect(completed('doorphone ')).toEqual(expect.arrayContaining(names));
  });

  test('of the options of a command, and of no other', () => {
    expect(completed('doorphone events --f')).toEqual(['--follow']);
    expect(completed('doorphone press --f')).toEqual([]);
  });

  test('of a file, for a command and for an option', () => {
    expect(completed('doorphone check /etc/pass')).toContain('/etc/passwd');
    expect(completed('doorphone run --config /etc/pass')).toContain('/etc/passwd');
  });

  test('of what the server of profiles is asked', () => {
    expect(completed('doorphone provision-server ap')).toEqual(['approve']);
  });
});
