import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-table.ts';
import { Bench } from './support.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.stop());

describe('help and version', () => {
  it.each([['--help'], ['-h'], ['help']])('%s shows every command', async (...args) => {
    const { exitCode, out, err } = await bench.run(...args);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    for (const command of Object.keys(COMMANDS)) expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    expect(out).not.toMatch(/^ {2}init/m);
  });

  it.each([
    ['press', '--help'],
    ['--help', 'press'],
    ['help', 'press'],
  ])('%s %s shows that command', async (...args) => {
    const { exitCode, out } = await bench.run(...args);
    expect(exitCode).toBe(0);
    expect(out).toContain('usage: doorphone press [BUTTON] [OPTIONS]');
    expect(out).toContain('--socket PATH');
    expect(out).not.toContain('--follow');
  });

  it('--version is one line', async () => {
    expect(await bench.run('--version')).toEqual({ exitCode: 0, out: '1.2.3\n', err: '' });
    expect(await bench.run('--version', '--json')).toEqual({ exitCode: 0, out: '{"version":"1.2.3"}\n', err: '' });
  });
});

describe('wrong usage', () => {
  it.each([
    [[], 'no command is given; see doorphone --help'],
    [['pres'], 'there is no command "pres"; the nearest is "press"'],
    [['help', 'opne'], 'there is no command "opne"; the nearest is "open"'],
    [['init'], 'there is no command "init"'],
    [['constructor'], 'there is no command "constructor"; see doorphone --help'],
    [['status', '--jsn'], 'there is no option --jsn; the nearest is --json'],
    [['status', '-x'], 'there is no option -x; see --help'],
    [['status', '--__proto__'], 'there is no option --__proto__; see --help'],
    [['status', '--json=yes'], '--json takes no value'],
    [['status', '--socket'], '--socket needs a value'],
    [['status', '--socket='], '--socket needs a value'],
    [['status', '--follow'], '"status" takes no --follow; see doorphone status --help'],
    [['press', '--config', 'x'], '"press" takes no --config; see doorphone press --help'],
    [['check'], 'FILE is missing; see doorphone check --help'],
    [['call'], 'URI is missing; see doorphone call --help'],
    [['dtmf'], 'DIGITS is missing; see doorphone dtmf --help'],
    [['line'], 'NAME is missing; see doorphone line --help'],
    [['line', 'relay', '2'], 'a line is made 0 (inactive) or 1 (active)'],
    [['line', 'relay', '1', '1'], '"line" takes at most 2 things behind it; see doorphone line --help'],
    [['press', 'a', 'b'], '"press" takes one thing behind it; see doorphone press --help'],
    [['hangup', 'now'], '"hangup" takes nothing behind it; see doorphone hangup --help'],
    [['press', ''], '"press" takes one thing behind it; see doorphone press --help'],
  ])('%j is one line and exit code 2', async (args, said) => {
    const { exitCode, out, err } = await bench.run(...args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(/^doorphone: [^\n]+\n$/);
    expect(err).toContain(said);
  });

  it('does not repeat digits that were typed wrong', async () => {
    const { exitCode, err } = await bench.run('dtmf', '4711x');
    expect(exitCode).toBe(2);
    expect(err).toBe('doorphone: DIGITS are 0-9, *, # and A-D\n');
  });

  it('is an object for programs', async () => {
    const { exitCode, out } = await bench.run('pres', '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toEqual({
      error: { code: 'usage', message: 'there is no command "pres"; the nearest is "press"' },
    });
  });
});

describe('run, demo, release', () => {
  it('run is given the paths of the contract', async () => {
    bench.environment = {};
    await bench.run('run');
    await bench.run('run', '--config', 'a.yaml', '--state', '/s', '--socket', '/x.sock');
    await bench.run('run', '--state', '/s');
    bench.environment = { DOORPHONE_STATE: '/env', DOORPHONE_SOCKET: '' };
    await bench.run('run');
    bench.environment = { DOORPHONE_STATE: '/env', DOORPHONE_SOCKET: '/env.sock' };
    await bench.run('run', '--state', '/s');
    const common = {
      program: 'run',
      configFile: '/etc/doorphone/doorphone.yaml',
      configGiven: false,
      version: '1.2.3',
    };
    expect(bench.started).toEqual([
      { ...common, stateFolder: '/var/lib/doorphone', socketPath: '/run/doorphone/control.sock' },
      { ...common, configFile: 'a.yaml', configGiven: true, stateFolder: '/s', socketPath: '/x.sock' },
      { ...common, stateFolder: '/s', socketPath: '/s/control.sock' },
      { ...common, stateFolder: '/env', socketPath: '/env/control.sock' },
      { ...common, stateFolder: '/s', socketPath: '/env.sock' },
    ]);
  });

  it('demo is given its switches, and its exit code is ours', async () => {
    bench.programs = { ...bench.programs, runDemo: ({ once, json }) => Promise.resolve(once && json ? 1 : 0) };
    expect((await bench.run('demo')).exitCode).toBe(0);
    expect((await bench.run('demo', '--once', '--json')).exitCode).toBe(1);
  });

  it('dhcp-inform says who has answered, and beside it what it could not have', async () => {
    expect(await bench.run('dhcp-inform')).toEqual({
      exitCode: 0,
      out: 'answered at eth0\n',
      err: 'doorphone: port 67 at eth1 is not to be had\n',
    });
    bench.answered = [];
    expect((await bench.run('dhcp-inform')).out).toBe('nobody has answered\n');
    expect(JSON.parse((await bench.run('dhcp-inform', '/tmp/a.json', '--json')).out)).toEqual({
      file: '/tmp/a.json',
      answered: [],
    });
  });

  it('release says what it released', async () => {
    expect(await bench.run('release', '--config', 'a.yaml')).toEqual({
      exitCode: 0,
      out: 'released relay of a.yaml\n',
      err: '',
    });
    expect(JSON.parse((await bench.run('release', '--json')).out)).toMatchObject({ released: ['relay'] });
  });
});
