// The demonstration's indoor phone: the project's own user agent in a process of its own. It rings, answers after two
// seconds, talks, sends the door's code as RFC 4733 digits, listens on, hangs up.

import type { Clock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { millis, seconds } from '../base/units.ts';
import { type Call, Calls } from '../call/index.ts';
import { type MediaEngine, openEngine } from '../media/index.ts';
import { NodeDatagramNetwork, SipAgent } from '../sip/index.ts';
import type { PhoneLine, PhoneOrders } from './phone-process.ts';

const ANSWER_AFTER = seconds(2);
const SEND_DIGITS_AFTER = millis(2500);
/** After the last digit: longer than the door is held open, so that the relay's end is part of the call. */
const HANG_UP_AFTER = seconds(4);
const DIGIT_LENGTH = millis(100);

export interface PhoneServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly say: (line: PhoneLine) => void;
}

/** A phone that does as its orders say, call after call. */
export class IndoorPhone {
  readonly #engine: MediaEngine;
  readonly #agent: SipAgent;
  readonly #calls: Calls;

  constructor(
    private readonly orders: PhoneOrders,
    private readonly services: PhoneServices,
  ) {
    const { clock, random } = services;
    this.#engine = openEngine(
      {
        device: { kind: 'file', input: orders.voice, output: orders.recording },
        ports: { first: 17_000, last: 17_098 },
        speaker: 100,
        microphone: 100,
      },
      { log: silentLog },
    );
    this.#agent = new SipAgent({
      clock,
      random,
      log: silentLog,
      network: new NodeDatagramNetwork(),
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      accounts: [{ uri: 'sip:indoor@127.0.0.1', displayName: 'Indoor phone', expires: seconds(60), register: false }],
      admit: () => undefined,
      resolve: (host) => Promise.resolve([host]),
      userAgent: 'doorphone-indoor-phone',
    });
    this.#calls = new Calls(
      { clock, random, log: silentLog, agent: this.#agent, engine: this.#engine },
      {
        codecs: ['PCMA', 'PCMU'],
        srtp: 'optional',
        keying: ['sdes'],
        suites: ['AES_CM_128_HMAC_SHA1_80'],
        profile: 'avp',
        packetTime: millis(20),
        dtmf: 'rtp',
        silenceAfter: seconds(3),
      },
    );
    this.#calls.on('incoming', (call) => this.#take(call));
  }

  async start(): Promise<void> {
    await this.#agent.start();
    this.services.say({ type: 'ready', port: this.#agent.listening[0]?.port ?? 0 });
  }

  async stop(): Promise<void> {
    this.#calls.stop();
    await this.#agent.stop();
    this.#engine.close();
  }

  #take(call: Call): void {
    const { clock } = this.services;
    this.#doing('rings');
    call.ring();
    const timers = [clock.after(ANSWER_AFTER, 'answer', () => call.answer())];
    call.on('answered', () => {
      this.#doing('talks');
      timers.push(clock.after(SEND_DIGITS_AFTER, 'digits', () => this.#sendCode(call)));
      const talked = SEND_DIGITS_AFTER + this.orders.digits.length * (DIGIT_LENGTH + 50) + HANG_UP_AFTER;
      timers.push(clock.after(millis(talked), 'hang up', () => call.hangup()));
    });
    call.on('ended', () => {
      for (const timer of timers) timer.cancel();
      this.#doing('waits');
    });
  }

  #sendCode(call: Call): void {
    if (this.orders.digits === '') return;
    this.#doing('sends the code, and listens');
    call.sendDigits(this.orders.digits);
  }

  #doing(what: string): void {
    this.services.say({ type: 'doing', what });
  }
}
