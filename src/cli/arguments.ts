// Reads the command line by Node's own parser against the table of commands. Wrong usage is a sentence, never a guess.

import { parseArgs } from 'node:util';
import { nearestName } from '../base/nearest-name.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type CliCommandName,
  COMMANDS,
  isCommand,
  OPTIONS,
  type OptionName,
  specificationOf,
} from './command-table.ts';

/** What is asked for. */
export interface Invocation {
  readonly command: CliCommandName;
  readonly positionals: readonly string[];
  readonly config: string | undefined;
  readonly state: string | undefined;
  readonly socket: string | undefined;
  readonly profiles: string | undefined;
  readonly check: boolean;
  readonly now: boolean;
  readonly follow: boolean;
  readonly once: boolean;
  readonly json: boolean;
}

export type Request =
  | { readonly kind: 'version'; readonly json: boolean }
  | { readonly kind: 'help'; readonly command: CliCommandName | undefined }
  | { readonly kind: 'command'; readonly invocation: Invocation };

interface GivenOption {
  readonly name: OptionName;
  readonly value: string | undefined;
}

interface Given {
  readonly options: readonly GivenOption[];
  readonly positionals: readonly string[];
}

/** @param args without the program. The error is one sentence. */
export function readArguments(args: readonly string[]): Result<Request, string> {
  const given = readTokens(args);
  if (!given.ok) return given;
  const [name, ...positionals] = given.value.positionals;
  const has = (option: OptionName): boolean => given.value.options.some((one) => one.name === option);
  if (name === undefined) {
    if (has('version')) return ok({ kind: 'version', json: has('json') });
    return has('help') ? ok({ kind: 'help', command: undefined }) : err('no command is given; see doorphone --help');
  }
  if (name === 'help' && positionals[0] === undefined) return ok({ kind: 'help', command: undefined });
  const wanted = name === 'help' ? (positionals[0] ?? '') : name;
  if (!isCommand(wanted)) return err(unknownCommand(wanted));
  if (name === 'help' || has('help')) return ok({ kind: 'help', command: wanted });
  return readInvocation(wanted, positionals, given.value.options);
}

function unknownCommand(name: string): string {
  const nearest = nearestName(name.slice(0, 32), Object.keys(COMMANDS));
  return `there is no command "${name}"; ${nearest === undefined ? 'see doorphone --help' : `the nearest is "${nearest}"`}`;
}

function readInvocation(
  command: CliCommandName,
  positionals: readonly string[],
  options: readonly GivenOption[],
): Result<Request, string> {
  const specification = specificationOf(command);
  const allowed: readonly OptionName[] = [...specification.options, 'json'];
  const stray = options.find(({ name }) => !allowed.includes(name));
  if (stray !== undefined) return err(`"${command}" takes no --${stray.name}; see doorphone ${command} --help`);
  const missing = specification.positionals.find(({ required }, at) => required && positionals[at] === undefined);
  if (missing !== undefined) return err(`${missing.name} is missing; see doorphone ${command} --help`);
  if (positionals.length > specification.positionals.length || positionals.includes('')) {
    return err(
      `"${command}" takes ${describeCount(specification.positionals.length)}; see doorphone ${command} --help`,
    );
  }
  const value = (name: OptionName): string | undefined => options.findLast((one) => one.name === name)?.value;
  const flag = (name: OptionName): boolean => options.some((one) => one.name === name);
  const invocation: Invocation = {
    command,
    positionals,
    config: value('config'),
    state: value('state'),
    socket: value('socket'),
    profiles: value('profiles'),
    check: flag('check'),
    now: flag('now'),
    follow: flag('follow'),
    once: flag('once'),
    json: flag('json'),
  };
  return ok({ kind: 'command', invocation });
}

function describeCount(most: number): string {
  if (most === 0) return 'nothing behind it';
  return most === 1 ? 'one thing behind it' : `at most ${most} things behind it`;
}

/** `parseArgs` is not strict here: its own messages name neither the nearest option nor the command. */
function readTokens(args: readonly string[]): Result<Given, string> {
  const shortcuts = { help: { type: 'boolean', short: 'h' } } as const;
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...OPTIONS, ...shortcuts },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options: GivenOption[] = [];
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = readOption(token.name, token.rawName, token.value);
    if (!option.ok) return option;
    options.push(option.value);
  }
  return ok({ options, positionals });
}

function readOption(name: string, written: string, value: string | undefined): Result<GivenOption, string> {
  if (!isOption(name)) {
    const nearest = nearestName(name.slice(0, 32), Object.keys(OPTIONS));
    return err(
      `there is no option ${written}; ${nearest === undefined ? 'see --help' : `the nearest is --${nearest}`}`,
    );
  }
  const { type } = OPTIONS[name];
  if (type === 'boolean') return value === undefined ? ok({ name, value }) : err(`${written} takes no value`);
  return value === undefined || value === '' ? err(`${written} needs a value`) : ok({ name, value });
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}
