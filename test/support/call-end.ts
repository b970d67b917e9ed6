// One end of a call: a real SIP agent and real calls, over a network in memory and with an engine without sound.

import { millis, seconds } from '../../src/base/units.ts';
import { type Call, type CallSettings, Calls } from '../../src/call/index.ts';
import { SipAgent } from '../../src/sip/index.ts';
import type { FakeClock } from './fake-clock.ts';
import { FakeEngine } from './fake-engine.ts';
import type { MemoryHost, MemoryNetwork } from './memory-network.ts';
import { RecordingLog } from './recording-log.ts';
import { SeededRandom } from './seeded-random.ts';

const SETTINGS: CallSettings = {
  codecs: ['PCMA', 'PCMU'],
  srtp: 'off',
  keying: ['sdes'],
  suites: ['AES_CM_128_HMAC_SHA1_80'],
  profile: 'avp',
  packetTime: millis(20),
  dtmf: 'info',
  silenceAfter: seconds(5),
};

/** An agent at an address, from peer to peer. `heard` is what its calls said, in order. */
export class End {
  readonly engine = new FakeEngine();
  readonly heard: string[] = [];
  readonly agent: SipAgent;
  readonly host: MemoryHost;
  readonly calls: Calls;

  constructor(
    readonly address: string,
    clock: FakeClock,
    network: MemoryNetwork,
    seed: number,
    settings: Partial<CallSettings> = {},
    /** Where it listens: `0.0.0.0` for whatever addresses it has. */
    listen = address,
  ) {
    const random = new SeededRandom(seed);
    const log = new RecordingLog();
    this.host = network.host(address);
    this.agent = new SipAgent({
      clock,
      random,
      log,
      network: this.host,
      listen: [{ protocol: 'udp', address: listen, port: 5060 }],
      accounts: [this.account],
      admit: () => undefined,
      resolve: () => Promise.reject(new Error('no resolver')),
      userAgent: 'test',
    });
    const services = { clock, random, log, agent: this.agent, engine: this.engine };
    this.calls = new Calls(services, { ...SETTINGS, ...settings });
  }

  get account() {
    return { uri: `sip:end@${this.address}`, expires: seconds(300), register: false };
  }

  listen(call: Call): Call {
    call.on('answered', () => this.heard.push('answered'));
    call.on('digit', ({ digit }) => this.heard.push(digit));
    call.on('ended', ({ reason }) => this.heard.push(`ended ${reason}`));
    return call;
  }
}
