// The transaction layer's transport, as a list of what was sent.

import type { Clock } from '../../src/base/clock.ts';
import { serialize } from '../../src/sip/message/index.ts';
import type { Endpoint, SipMessage, SipRequest, SipResponse, Via } from '../../src/sip/message/types.ts';
import type { TransactionTransport, TransportFailure } from '../../src/sip/transaction/types.ts';

export interface Sent {
  /** Milliseconds on the test's clock. */
  readonly at: number;
  readonly message: SipMessage;
  readonly text: string;
  readonly target: Endpoint;
  readonly fail: (failure: TransportFailure) => void;
}

/** Keeps what it is given to send; nothing arrives by itself. */
export class RecordingTransport implements TransactionTransport {
  readonly sent: Sent[] = [];

  constructor(private readonly clock: Clock) {}

  send(message: SipMessage, target: Endpoint, failed: (failure: TransportFailure) => void): void {
    const text = serialize(message).toString();
    this.sent.push({ at: this.clock.now(), message, text, target, fail: failed });
  }

  via(target: Endpoint): Pick<Via, 'protocol' | 'host' | 'port'> {
    return { protocol: target.protocol, host: '192.0.2.9', port: 5060 };
  }

  responseTarget(_request: SipRequest, source: Endpoint): Endpoint {
    return source;
  }

  /** The requests that were sent with that method. */
  requests(method: string): readonly SipRequest[] {
    return this.sent.flatMap(({ message }) =>
      message.kind === 'request' && message.method === method ? [message] : [],
    );
  }

  /** The responses that were sent with that status. */
  responses(status: number): readonly SipResponse[] {
    return this.sent.flatMap(({ message }) =>
      message.kind === 'response' && message.status === status ? [message] : [],
    );
  }

  /** When messages were sent, from `start` on: of one method (or a status). */
  times(what: string | number, start: number): readonly number[] {
    const isIt = (message: SipMessage): boolean =>
      message.kind === 'request' ? message.method === what : message.status === what;
    return this.sent.filter(({ message }) => isIt(message)).map(({ at }) => at - start);
  }
}
