// A transaction layer on a clock of the test's own, over a transport that only records.

import { createResponse } from '../../src/sip/message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../../src/sip/message/types.ts';
import { TransactionLayer } from '../../src/sip/transaction/index.ts';
import type {
  ClientTransactionUser,
  Screening,
  ServerTransaction,
  ServerTransactionUser,
  TransactionHandler,
} from '../../src/sip/transaction/types.ts';
import { FakeClock } from './fake-clock.ts';
import { RecordingLog } from './recording-log.ts';
import { SeededRandom } from './seeded-random.ts';
import { RecordingTransport } from './sip-transport.ts';

export const peer: Endpoint = { protocol: 'udp', address: '192.0.2.1', port: 5060 };
export const reliablePeer: Endpoint = { ...peer, protocol: 'tcp' };

/** Everything that a handler was told. */
export class RecordingHandler implements TransactionHandler {
  readonly requests: ServerTransaction[] = [];
  readonly acks: SipRequest[] = [];
  readonly strays: SipResponse[] = [];

  /** What is said of every new request. */
  screening: Screening = 'take';
  /** How many were asked about. */
  screened = 0;

  screen(): Screening {
    this.screened += 1;
    return this.screening;
  }

  request(transaction: ServerTransaction): void {
    this.requests.push(transaction);
  }

  /** As for somebody who is known. */
  strayCancel(transaction: ServerTransaction): void {
    transaction.respond(createResponse(transaction.request, 481));
  }

  mayRefuse(): boolean {
    return true;
  }

  ack(request: SipRequest): void {
    this.acks.push(request);
  }

  strayResponse(response: SipResponse): void {
    this.strays.push(response);
  }
}

/** Everything that the user of a client or server transaction was told, in order. */
export class RecordingUser implements ClientTransactionUser, ServerTransactionUser {
  readonly told: string[] = [];

  response(response: SipResponse): void {
    this.told.push(`${response.status}${response.toTag === undefined ? '' : ` ${response.toTag}`}`);
  }

  timeout(): void {
    this.told.push('timeout');
  }

  transportFailed(): void {
    this.told.push('transport failed');
  }

  acknowledged(): void {
    this.told.push('acknowledged');
  }

  cancelled(): void {
    this.told.push('cancelled');
  }
}

/** The layer with all that it was given. */
export function transactions(maximumServerTransactions = 100): {
  readonly clock: FakeClock;
  readonly transport: RecordingTransport;
  readonly handler: RecordingHandler;
  readonly log: RecordingLog;
  readonly layer: TransactionLayer;
} {
  const clock = new FakeClock();
  const transport = new RecordingTransport(clock);
  const handler = new RecordingHandler();
  const log = new RecordingLog();
  const random = new SeededRandom(7);
  const layer = new TransactionLayer({ clock, random, log, transport, handler, maximumServerTransactions });
  return { clock, transport, handler, log, layer };
}
