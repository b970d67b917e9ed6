// Headers that are one value with parameters behind it: Event, Subscription-State (RFC 6665 §8.4), Replaces (RFC 3891
// §6.1), Refer-Sub (RFC 4488 §4).

import { err, ok, type Result } from '../../base/result.ts';
import { hasSpaceOrControl } from './characters.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { formatParameters, NO_PARAMETERS, readParameters } from './parameters.ts';
import { parseError, Scanner } from './scanner.ts';
import type { Parameters, ParseError } from './types.ts';

/** A value and the parameters behind it. */
export interface Valued {
  /** As written. It is one word. */
  readonly value: string;
  readonly parameters: Parameters;
}

/** Reads `value *( SEMI generic-param )`. The value goes up to the first semicolon: a Call-ID is no token. */
export function parseValued(text: string): Result<Valued, ParseError> {
  const semicolon = text.indexOf(';');
  const value = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  if (value === '') return err(parseError('bad-header', 0, 'the value is empty'));
  if (hasSpaceOrControl(value)) return err(parseError('bad-header', 0, 'white space stands in the value'));
  if (semicolon < 0) return ok({ value, parameters: NO_PARAMETERS });
  const scanner = Scanner.of(text.slice(semicolon));
  const parameters = readParameters(scanner, DEFAULT_LIMITS.parameterCount, 'tag');
  if (!parameters.ok) return parameters;
  scanner.skipSpace();
  if (!scanner.ended) return err(parseError('bad-header', semicolon + scanner.at, 'something follows the parameters'));
  return ok({ value, parameters: parameters.value });
}

/** Writes a value with its parameters. */
export function formatValued({ value, parameters }: Valued): string {
  return `${value}${formatParameters(parameters)}`;
}
