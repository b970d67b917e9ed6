// Where configuration, state and control socket are, by options, environment and defaults.

import { join } from 'node:path';
import type { Invocation } from './arguments.ts';

export const DEFAULT_CONFIG = '/etc/doorphone/doorphone.yaml';
const DEFAULT_STATE = '/var/lib/doorphone';
const DEFAULT_SOCKET = '/run/doorphone/control.sock';
const SOCKET_NAME = 'control.sock';

type Environment = { readonly [name: string]: string | undefined };

/** An empty variable is as good as none. */
const variable = (environment: Environment, name: string): string | undefined => environment[name] || undefined;

/** `--socket`, else `$DOORPHONE_SOCKET`, else in `--state`, else in `$DOORPHONE_STATE`, else the default. */
export function socketPath({ socket, state }: Pick<Invocation, 'socket' | 'state'>, environment: Environment): string {
  const named = socket ?? variable(environment, 'DOORPHONE_SOCKET');
  if (named !== undefined) return named;
  const folder = state ?? variable(environment, 'DOORPHONE_STATE');
  return folder === undefined ? DEFAULT_SOCKET : join(folder, SOCKET_NAME);
}

/** `--state`, else `$DOORPHONE_STATE`, else the default. */
export function stateFolder({ state }: Pick<Invocation, 'state'>, environment: Environment): string {
  return state ?? variable(environment, 'DOORPHONE_STATE') ?? DEFAULT_STATE;
}
