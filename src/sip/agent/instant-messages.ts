// MESSAGE, both ways, outside of dialogs (RFC 3428): a text for a person. What it says is never obeyed.

import { TokenBucket } from '../../base/token-bucket.ts';
import { seconds } from '../../base/units.ts';
import type { EventEnvironment } from '../event/index.ts';
import { ClientExchange } from '../exchange/index.ts';
import { createRequest, createResponse, formatNameAddress } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import { refuseText } from '../session/index.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { Sender } from './sender.ts';
import type { InstantMessage, MessageOutcome } from './types.ts';

/** §8: what is longer must not go over a transport without congestion control; for texts that is the bound. */
export const LONGEST_SENT = 1300;
/** Messages of all who may send them: so many at once, then one each interval. */
const BURST = 20;
const INTERVAL = seconds(1);
const RETRY_AFTER = '5';

/** Texts to us and from us. */
export class InstantMessages {
  readonly #bucket: TokenBucket;

  /** @param received told of a message that was taken */
  constructor(
    private readonly environment: EventEnvironment,
    private readonly received: (message: InstantMessage) => void,
  ) {
    this.#bucket = new TokenBucket(environment.clock, BURST, INTERVAL);
  }

  /** A MESSAGE outside of any dialog, from somebody who was let in. @param authenticatedAs whose password it has shown */
  receive(transaction: ServerTransaction, authenticatedAs: string | undefined): void {
    const { request, source } = transaction;
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      transaction.respond(refusal);
      return;
    }
    // §7: no body and no Contact in the answer.
    transaction.respond(createResponse(request, 200));
    this.take(request, source, authenticatedAs);
  }

  /** Hands a text on that has been answered. */
  take({ from, contentType, body }: SipRequest, source: Endpoint, authenticatedAs?: string): void {
    this.received({ from, source, authenticatedAs, type: contentType ?? 'text/plain', body });
  }

  /** Sends a text. The promise is kept, whatever becomes of it. */
  send(target: string, text: Buffer, sender: Sender): Promise<MessageOutcome> {
    const { environment } = this;
    const identity = { callId: environment.random.hex(16), tag: environment.random.hex(8) };
    let sequence = 0;
    const build = (): SipRequest => {
      sequence += 1;
      return createRequest({
        method: 'MESSAGE',
        requestUri: sender.routing.requestUri,
        // §4: no Contact.
        headers: [
          ...sender.routing.routes.map((route) => ['Route', route] as const),
          ['Max-Forwards', '70'],
          ['From', formatNameAddress({ ...sender.from, parameters: new Map([['tag', identity.tag]]) })],
          ['To', formatNameAddress({ uri: target })],
          ['Call-ID', identity.callId],
          ['CSeq', `${sequence} MESSAGE`],
          ['User-Agent', environment.userAgent],
        ],
        body: { type: 'text/plain;charset=UTF-8', data: text },
      });
    };
    return new Promise((done) => {
      const plan = { nextHop: sender.routing.nextHop, build };
      const exchange = new ClientExchange(environment, sender.credentials, plan, {
        final: ({ status, reason: phrase }) => done({ delivered: status < 300, status, phrase }),
        failed: (_, phrase) => done({ delivered: false, phrase }),
        heard: () => undefined,
      });
      exchange.begin();
    });
  }

  #refusalOf(request: SipRequest): SipResponse | undefined {
    const refusal = refuseText(request);
    if (refusal !== undefined || this.#bucket.take()) return refusal;
    return createResponse(request, 480, { headers: [['Retry-After', RETRY_AFTER]] });
  }
}
