// Where the relays and inputs of modules are: `io:relay2`, `io:input1`, by themselves or behind a name of `lines`.

import type { Configuration, ModuleConfiguration } from './types.ts';

/** A relay or an input of a module. */
export interface ModulePlace {
  readonly module: string;
  readonly direction: 'input' | 'output';
  /** From 1. */
  readonly number: number;
  /** Of an input: whether it is active while the module says that it is not. */
  readonly isInverted: boolean;
}

const PLACE = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63}):(relay|input)([1-9][0-9]{0,2})$/;

/** What a text means; undefined: it is no place of a module. */
export function readModulePlace(text: string): ModulePlace | undefined {
  const [, module, kind, number] = PLACE.exec(text) ?? [];
  if (module === undefined) return undefined;
  return { module, direction: kind === 'relay' ? 'output' : 'input', number: Number(number), isInverted: false };
}

/** Where a line leads; undefined: not to a module. */
export function modulePlaceOf(line: string, { lines }: Pick<Configuration, 'lines'>): ModulePlace | undefined {
  const wired = Object.hasOwn(lines, line) ? lines[line] : undefined;
  const place = readModulePlace(wired?.at ?? line);
  return place === undefined ? undefined : { ...place, isInverted: wired?.active === 'low' };
}

/** The module that a line leads to, and the number of its relay or input; undefined: to none that is configured. */
export function moduleOf(
  line: string,
  configuration: Pick<Configuration, 'lines' | 'modules'>,
): { readonly module: ModuleConfiguration; readonly number: number } | undefined {
  const place = modulePlaceOf(line, configuration);
  const module = place === undefined ? undefined : configuration.modules[place.module];
  return place === undefined || module === undefined ? undefined : { module, number: place.number };
}
