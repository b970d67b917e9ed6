// The DTLS handshake of a call (RFC 5763): which association is meant, and what has become of it. The engine holds it; what
// it says of an association that has been given up counts no more.

import type { HandshakeFailure } from '../media/types.ts';
import type { AgreedDtls } from '../sdp/index.ts';

const SENTENCES: Readonly<Record<HandshakeFailure, string>> = {
  timeout: 'the handshake for encryption (DTLS) was not done within 10 s',
  fingerprint: 'the certificate that was shown for encryption (DTLS) is not the announced one',
  'no-srtp': 'the other side agrees on no encryption of sound (SRTP) in its handshake (DTLS)',
  refused: 'the other side refused the handshake for encryption (DTLS)',
  protocol: 'the handshake for encryption (DTLS) failed: nothing in common, or against the rules',
};

/** One sentence for a person. */
export const describeHandshakeFailure = (failure: HandshakeFailure): string => SENTENCES[failure];

/** What has become of it: `none` was agreed on. */
type HandshakeState = 'none' | 'awaited' | 'secured' | 'failed';

/** The handshakes of one call, one after the other. */
export class Handshake {
  #state: HandshakeState = 'none';
  /** How the engine knows it: grows with each that is begun, as the descriptions' number does not when one is repeated. */
  #number = 0;
  #agreed: number | undefined;

  /** Whether keys are in force. */
  get secured(): boolean {
    return this.#state === 'secured';
  }

  get failed(): boolean {
    return this.#state === 'failed';
  }

  /** Follows what has been agreed. @returns the engine's number of the association, undefined: there is none */
  follow(dtls: AgreedDtls | undefined): number | undefined {
    if (dtls === undefined) this.#state = 'none';
    else if (dtls.association !== this.#agreed || this.#state === 'none') this.#begin();
    this.#agreed = dtls?.association;
    return dtls === undefined ? undefined : this.#number;
  }

  /** What failed is to be tried again with the next `follow`. */
  retry(): void {
    if (this.#state === 'failed') this.#agreed = undefined;
  }

  /** Another phone is meant: its handshake is another one, whatever number it has in its descriptions. */
  renew(): void {
    this.#agreed = undefined;
  }

  /** The engine has keys. @returns whether that is news */
  succeeded(number: number): boolean {
    if (number !== this.#number || this.#state !== 'awaited') return false;
    this.#state = 'secured';
    return true;
  }

  /** The engine will have none. @returns whether that is news */
  broke(number: number): boolean {
    if (number !== this.#number || this.#state === 'none') return false;
    this.#state = 'failed';
    return true;
  }

  #begin(): void {
    this.#number += 1;
    this.#state = 'awaited';
  }
}
