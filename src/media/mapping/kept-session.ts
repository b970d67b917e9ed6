// A session that the other side has been told of and that has nothing to send yet, as while it rings: Binding indications
// to the STUN server keep the NAT's mapping until sound does (RFC 6263 §4.4; where the peer is, is not known yet).

import type { Clock, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type {
  Component,
  MappingAnswer,
  MediaSession,
  StreamParameters,
  StreamStatistics,
  TransportAddress,
} from '../types.ts';

/** Some NATs forget after 30 s what is idle. */
const LONGEST = seconds(25);
const SHORTEST = seconds(15);

/** When a mapping is to be kept or looked at next. */
export const keepingInterval = (random: Random): Millis => millis(SHORTEST + (LONGEST - SHORTEST) * random.uniform());

/** A session whose mapping is kept until it is configured, has other ports, or is closed. */
export class KeptSession implements MediaSession {
  #timer: Timer | undefined;

  constructor(
    private readonly session: MediaSession,
    private readonly server: TransportAddress,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.#keepLater();
  }

  get id(): number {
    return this.session.id;
  }

  get localPort(): number {
    return this.session.localPort;
  }

  askMapping(component: Component, server: TransportAddress): number {
    return this.session.askMapping(component, server);
  }

  takeMapping(): MappingAnswer | undefined {
    return this.session.takeMapping();
  }

  keepMapping(component: Component, server: TransportAddress): void {
    this.session.keepMapping(component, server);
  }

  endMapping(): void {
    this.session.endMapping();
  }

  takePorts(from: MediaSession): void {
    this.session.takePorts(from);
    this.#timer?.cancel();
  }

  configure(parameters: StreamParameters): void {
    this.session.configure(parameters);
    this.#timer?.cancel();
  }

  sendDigits(digits: string, duration?: Millis): void {
    this.session.sendDigits(digits, duration);
  }

  statistics(): StreamStatistics {
    return this.session.statistics();
  }

  close(): StreamStatistics {
    this.#timer?.cancel();
    return this.session.close();
  }

  #keepLater(): void {
    this.#timer = this.clock.after(keepingInterval(this.random), 'mapping kept', () => {
      this.#keepLater();
      this.session.keepMapping('rtp', this.server);
      this.session.keepMapping('rtcp', this.server);
    });
  }
}
