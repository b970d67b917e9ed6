// Calls without network and sound: the peers and the engine are played by hand. What the tests of src/call begin with.

import { millis, seconds } from '../../src/base/units.ts';
import { type Call, type CallEnd, type CallSettings, Calls } from '../../src/call/index.ts';
import type { PortSource } from '../../src/media/types.ts';
import type { Account } from '../../src/sip/agent/types.ts';
import { FakeAgent, type FakeSession } from './fake-agent.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEngine, type FakeMediaSession } from './fake-engine.ts';
import { peerSdp } from './peer-sdp.ts';
import { RecordingLog } from './recording-log.ts';
import { SeededRandom } from './seeded-random.ts';

/** As a configuration without a word of media has them, but for encryption, which is off. */
export const CALL_SETTINGS: CallSettings = {
  codecs: ['PCMA', 'PCMU'],
  srtp: 'off',
  keying: ['sdes'],
  suites: ['AES_CM_128_HMAC_SHA1_80'],
  profile: 'avp',
  packetTime: millis(20),
  dtmf: 'rtp',
  silenceAfter: seconds(5),
};

const ACCOUNT: Account = { uri: 'sip:door@example.com', expires: seconds(300), register: true };

/** The offer in the INVITE of an outgoing call. */
export const offerOf = (session: FakeSession): string => session.invite?.offer?.data.toString() ?? '';

/**
 * @param hear what a test wants to know of each call; it goes to `heard`
 * @param ports of the calls; default: as the engine has them
 */
export function callRig(
  settings: Partial<CallSettings> = {},
  hear: (call: Call, say: (what: string) => void) => void = () => undefined,
  ports?: (engine: FakeEngine, clock: FakeClock) => { readonly ports: PortSource },
) {
  const clock = new FakeClock();
  const agent = new FakeAgent();
  const engine = new FakeEngine();
  const log = new RecordingLog();
  const services = { clock, random: new SeededRandom(), log, agent, engine, ...ports?.(engine, clock) };
  const calls = new Calls(services, { ...CALL_SETTINGS, ...settings });
  const heard: string[] = [];
  const ends: CallEnd[] = [];
  const listen = (call: Call): Call => {
    hear(call, (what) => heard.push(what));
    call.on('ended', (end) => ends.push(end));
    return call;
  };
  /** One of the media sessions in the order in which they were opened; default: the newest. */
  const media = (at = engine.sessions.length - 1): FakeMediaSession => {
    const session = engine.sessions[at];
    if (session === undefined) throw new Error(`${engine.sessions.length} media sessions were opened`);
    return session;
  };
  const dial = (target = 'sip:101@example.com') => listen(calls.dial({ target, account: ACCOUNT }));
  /** Calls, and is answered; what was heard so far is forgotten. */
  const talk = (sdp = peerSdp()) => {
    const call = dial();
    agent.session.peerAccepts(sdp);
    heard.length = 0;
    return call;
  };
  /** Somebody calls, and is answered at once. */
  const accept = (sdp: string | undefined) => {
    calls.on('incoming', (call) => listen(call).answer());
    return agent.peerCalls('sip:102@example.com', sdp);
  };
  /** What was offered inside of the newest call. */
  const reoffers = () =>
    agent.session.deeds.flatMap((deed) => (deed.did === 'reoffer' ? [deed.body.data.toString()] : []));
  return { clock, agent, engine, log, calls, heard, ends, listen, media, dial, talk, accept, reoffers };
}
