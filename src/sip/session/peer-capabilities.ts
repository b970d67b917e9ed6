// What the peer of a dialog says that it can do (RFC 3261 §20.5, §20.37): its latest Allow and Supported count.

import type { SipMessage } from '../message/types.ts';

/** Learnt from the peer's messages, one after the other. */
export class PeerCapabilities {
  #methods: ReadonlySet<string> = new Set();
  #extensions: ReadonlySet<string> = new Set();

  /** A message without the header says nothing about it, and what was said before stands. */
  learn(message: SipMessage): void {
    if (message.headers.has('Allow')) this.#methods = new Set(message.headers.list('Allow'));
    if (message.headers.has('Supported')) this.#extensions = new Set(optionTags(message, 'Supported'));
  }

  /** Whether it answers a method. What was not said is not known: RFC 3311 §4 wants it said. */
  allows(method: string): boolean {
    return this.#methods.has(method);
  }

  supports(extension: string): boolean {
    return this.#extensions.has(extension);
  }

  /** It said so, and yet refused it. */
  refuses(method: string): void {
    this.#methods = new Set([...this.#methods].filter((allowed) => allowed !== method));
  }
}

/** The option tags of a header field; they are tokens, whose case does not count (§7.3.1). */
export function optionTags(message: SipMessage, name: 'Supported' | 'Require'): string[] {
  return message.headers.list(name).map((tag) => tag.toLowerCase());
}
