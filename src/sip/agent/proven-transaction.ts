// A request whose sender has shown a password: its success answers show that we know it as well (RFC 7616 §3.5).

import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction, ServerTransactionUser } from '../transaction/index.ts';

const PROOF = 'Authentication-Info';

/** The server transaction of such a request. */
export class ProvenTransaction implements ServerTransaction {
  /** @param proof the value of Authentication-Info for an answer that has this body */
  constructor(
    private readonly inner: ServerTransaction,
    private readonly proof: (body: Buffer) => string,
  ) {}

  get request(): SipRequest {
    return this.inner.request;
  }

  get source(): Endpoint {
    return this.inner.source;
  }

  get completed(): boolean {
    return this.inner.completed;
  }

  attach(user: ServerTransactionUser): void {
    this.inner.attach(user);
  }

  respond(response: SipResponse): void {
    this.inner.respond(this.#proven(response));
  }

  respondOnce(response: SipResponse): void {
    this.inner.respondOnce(this.#proven(response));
  }

  ignore(): void {
    this.inner.ignore();
  }

  /** The 2xx of an INVITE comes here for each repetition, and is the same each time. */
  #proven(response: SipResponse): SipResponse {
    const { status, headers, body } = response;
    if (status >= 200 && status < 300 && !headers.has(PROOF)) headers.append(PROOF, this.proof(body));
    return response;
  }
}
