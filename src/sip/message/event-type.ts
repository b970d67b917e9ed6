// The Event header: which package, and which of several subscriptions in one dialog (RFC 6665 §8.2.1, §8.4).

import { err, ok, type Result } from '../../base/result.ts';
import type { Parameters, SipRequest } from './types.ts';
import { formatValued, parseValued } from './valued.ts';

/** What a subscription is about. */
export interface EventType {
  /** `dialog`, `presence.winfo`: with its case, which counts. */
  readonly name: string;
  /** Parameters of the package, `id` among them. */
  readonly parameters: Parameters;
}

/** `event-package *( "." event-template )`, each of them a token without a dot. */
const NAME = /^[A-Za-z0-9\-!%*_+`'~]+(?:\.[A-Za-z0-9\-!%*_+`'~]+)*$/;

/** Reads the text of an Event header; the error is a sentence. */
export function parseEventType(text: string): Result<EventType, string> {
  const parsed = parseValued(text);
  if (!parsed.ok) return err(parsed.error.message);
  const { value: name, parameters } = parsed.value;
  return NAME.test(name) ? ok({ name, parameters }) : err('the event type is no token');
}

/** The event of a request: exactly one (§8.2.1). The error is a sentence. */
export function eventOf(request: SipRequest): Result<EventType, string> {
  const [text, second] = request.headers.all('Event');
  if (text === undefined) return err('there is no Event');
  return second === undefined ? parseEventType(text) : err('there are two Events');
}

export function formatEventType({ name, parameters }: EventType): string {
  return formatValued({ value: name, parameters });
}

/** §8.2.1: the name and the `id` are compared byte by byte; nothing else counts. */
export function sameEvent(one: EventType, other: EventType): boolean {
  return one.name === other.name && one.parameters.get('id') === other.parameters.get('id');
}
