// Puts together what looks at requests that belong to nothing yet: the gate, the passwords of callers, and the core of
// the user agent server behind it.

import type { Random } from '../../base/random.ts';
import type { Secret } from '../../base/secret.ts';
import { type CallerAlgorithm, CallerAuthenticator } from '../auth/index.ts';
import type { SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { Gate, type GateOptions } from './gate.ts';
import { RequestHandler, type RequestHandlerOptions } from './request-handler.ts';
import { StrangerLimit } from './stranger-limit.ts';

export interface ReceptionOptions extends Omit<RequestHandlerOptions, 'gate' | 'strangers' | 'begin'> {
  readonly random: Random;
  /** User name → password of those who may call in from anywhere, as of now. */
  readonly callers: (() => ReadonlyMap<string, Secret>) | undefined;
  readonly callerAlgorithms: (() => readonly CallerAlgorithm[]) | undefined;
  /** The users that the accounts go by. */
  readonly names: () => readonly (string | undefined)[];
  readonly standingOf: GateOptions['standingOf'];
  readonly overload: GateOptions['overload'];
  /** As of the handler; `authenticatedAs`: whose password the INVITE has shown. */
  readonly begin: (transaction: ServerTransaction, authenticatedAs: string | undefined) => SipResponse | undefined;
}

/** What callers' passwords are for (RFC 3261 §22.1). */
const REALM = 'doorphone';
/** Whom callers ask for where there is no account. */
const NAME_WITHOUT_ACCOUNT = 'door';
const NOBODY: ReadonlyMap<string, Secret> = new Map();

/** Makes the handler of new requests. */
export function createReception(options: ReceptionOptions): RequestHandler {
  const {
    clock,
    random,
    sessions,
    usageOf,
    callers: users = () => NOBODY,
    callerAlgorithms: algorithms,
    names,
  } = options;
  const strangers = new StrangerLimit(clock);
  const isOurName = (user: string): boolean =>
    names().length === 0 ? user === NAME_WITHOUT_ACCOUNT : names().includes(user);
  const gate = new Gate({
    ...options,
    strangers,
    authenticator: new CallerAuthenticator({ clock, random, realm: REALM, users, algorithms }),
    isInDialog: (request, source) => (sessions.find(request) ?? usageOf(request))?.takes(request, source) === true,
    callOf: (request) => sessions.find(request),
    isOurName: (user) => user === undefined || isOurName(user),
  });
  return new RequestHandler({
    ...options,
    gate,
    strangers,
    begin: (transaction) => options.begin(transaction, gate.callerOf(transaction.request)),
  });
}
