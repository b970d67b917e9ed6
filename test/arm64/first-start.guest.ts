// The first start of a card that somebody has put settings on: is it the board that it should be, and does it do its job?

import { readFileSync, writeFileSync } from 'node:fs';
import { elapse, expect, monotonicMs, scenario, Visitor } from '../board/guest.ts';
import { PCMA } from '../interop/rig/rtp.ts';
import { findVoice, loadSpeech, type Sound } from '../support/audio-analysis.ts';
import { decode, encodeALaw } from '../support/g711.ts';
import { type PhoneCall, UdpPhone } from '../support/udp-phone.ts';
import { ask, isHigh, Journal, property, pull, readOnlyAgain, started, wire } from './pi.guest.ts';

const [BUTTON, RELAY] = [17, 27];
const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
/** What one voice must reach, and what the other may not: see test/unit/support/audio-analysis.test.ts. */
const HEARD = 0.6;
const NOT_HEARD = 0.3;
/** An emulated processor stalls now and then: more than the comparison needs. */
const TALK_MS = 8_000;
const STOPS_WITHIN_MS = 2_000;

const journal = new Journal();
const phone = await UdpPhone.plug('127.0.0.1', 5070);
const voice = encodeALaw(RESIDENT);
let talk: PhoneCall;

const share = (sound: Sound, said: Sound): number => Number(findVoice(sound, said).correlation.toFixed(3));
const seconds = (microseconds: string): number => Number((Number(microseconds) / 1e6).toFixed(1));

function refused(write: () => void): boolean {
  try {
    write();
    return false;
  } catch {
    return true;
  }
}

await scenario({
  'systemd takes the service for started': async () => {
    await started();
    const timestamp = (unit: string, name: string): number => seconds(property(unit, `${name}TimestampMonotonic`));
    return {
      kernelToSystemd: seconds(ask('systemctl', 'show', '--value', '-p', 'UserspaceTimestampMonotonic')),
      kernelToServiceBegun: timestamp('doorphone', 'ExecMainStart'),
      kernelToRingable: timestamp('doorphone', 'ActiveEnter'),
    };
  },

  'no unit has failed': () => {
    expect('failed units', ask('systemctl', '--failed', '--plain', '--no-legend'), '');
  },

  'its compiled parts load': () => {
    const home = '/usr/lib/doorphone';
    const parts = ['koffi', '@serialport/bindings-cpp', 'onoff'].map(
      (name) => `require('${home}/node_modules/${name}')`,
    );
    ask(`${home}/bin/node`, '-e', parts.join(';'));
  },

  'the root is read-only, what a door keeps is not': () => {
    expect('root', ask('findmnt', '-no', 'OPTIONS', '/').split(',')[0], 'ro');
    expect('boot partition', ask('findmnt', '-no', 'OPTIONS', '/boot/firmware').split(',')[0], 'ro');
    expect(
      'a file in /usr',
      refused(() => writeFileSync('/usr/new', '')),
      true,
    );
    for (const folder of ['/var/lib/doorphone', '/etc/doorphone']) {
      expect(
        folder,
        ask('findmnt', '-no', 'SOURCE', folder).replace(/\[.*/, ''),
        ask('findmnt', '-no', 'SOURCE', '/data'),
      );
    }
    expect('journal', ask('findmnt', '-no', 'FSTYPE', '-T', '/run/log/journal'), 'tmpfs');
  },

  'the settings of the card are taken over, for the service alone': () => {
    expect('name', readFileSync('/etc/doorphone/doorphone.yaml', 'utf8').includes('name: Side gate'), true);
    expect('owner', ask('stat', '-c', '%U:%G %a', '/etc/doorphone/doorphone.yaml'), 'root:doorphone 640');
    const wifi = readFileSync('/etc/wpa_supplicant/wpa_supplicant-wlan0.conf', 'utf8');
    expect('Wi-Fi', /ssid="House"\n\tpsk=[0-9a-f]{64}/.test(wifi) && !wifi.includes('long enough'), true);
    return { result: readFileSync('/boot/firmware/result.txt', 'utf8').split('\n').slice(1, -1) };
  },

  'the board is known by its device tree': async () => {
    expect('board', (await journal.saw('board.opened')).board, 'raspberry-pi-4');
    const held = ask('gpioinfo', '-c', 'gpiochip0').split('\n');
    const consumer = (line: number): boolean => held.some((text) => new RegExp(`line +${line}:.*doorphone`).test(text));
    expect('button held', consumer(BUTTON), true);
    expect('relay held', consumer(RELAY), true);
    expect('relay', isHigh(RELAY), false);
  },

  'the button rings the phone': async () => {
    let invitedAt = 0;
    phone.onMessage = ({ method }) => {
      if (method === 'INVITE' && invitedAt === 0) invitedAt = performance.now();
    };
    const pressedAt = performance.now();
    pull(BUTTON, 'low');
    talk = await phone.takeCall({ format: PCMA, voice });
    pull(BUTTON, 'high');
    await journal.saw('call.answered');
    return { pressToInviteMs: Math.round(invitedAt - pressedAt) };
  },

  'each hears the other': async () => {
    const visitor = new Visitor('visitor.en');
    await talk.rtp.hears();
    visitor.listenAnew();
    await elapse(TALK_MS);
    const [atPhone, atDoor] = [decode(talk.rtp.arrivals.items), visitor.heard()];
    visitor.leave();
    const facts = {
      visitorAtPhone: share(atPhone, VISITOR),
      residentAtPhone: share(atPhone, RESIDENT),
      residentAtDoor: share(atDoor, RESIDENT),
      visitorAtDoor: share(atDoor, VISITOR),
    };
    const right = facts.visitorAtPhone > HEARD && facts.residentAtDoor > HEARD;
    const wrong = facts.residentAtPhone > NOT_HEARD || facts.visitorAtDoor > NOT_HEARD;
    if (!right || wrong) throw new Error(JSON.stringify(facts));
    return facts;
  },

  'a code opens the door for its time': async () => {
    const at = performance.now();
    talk.rtp.press('42#');
    const opened = await wire(RELAY, true);
    const closed = await wire(RELAY, false);
    return { digitsToRelayMs: Math.round(opened - at), openMs: Math.round(closed - opened) };
  },

  'the phone hangs up': async () => {
    await talk.hangup();
    expect('reason', (await journal.saw('call.ended')).reason, 'hangup-remote');
  },

  'systemd is told that it lives, and the kernel that systemd does': async () => {
    const [interval, pid] = [property('doorphone', 'WatchdogUSec'), property('doorphone', 'MainPID')];
    const fedAt = (): number => Number(property('doorphone', 'WatchdogTimestampMonotonic'));
    const first = fedAt();
    const limit = 12_000;
    await elapse(limit);
    expect('fed meanwhile', fedAt() > first, true);
    expect('process', property('doorphone', 'MainPID'), pid);
    expect('restarts', property('doorphone', 'NRestarts'), '0');
    const watchdog = ask('cat', '/sys/class/watchdog/watchdog0/identity', '/sys/class/watchdog/watchdog0/state');
    expect('hardware watchdog', watchdog.split('\n').at(-1), 'active');
    return { interval, watchdog };
  },

  'systemctl status': () => ({ status: ask('systemctl', 'status', '-n', '0', '--no-pager', 'doorphone').split('\n') }),

  'it stops in time, and its lines are free': () => {
    const began = monotonicMs();
    ask('systemctl', 'stop', 'doorphone');
    const took = Number(property('doorphone', 'ExecMainExitTimestampMonotonic')) / 1000 - began;
    expect('result', property('doorphone', 'Result'), 'success');
    expect('relay', isHigh(RELAY), false);
    if (took > STOPS_WITHIN_MS) throw new Error(`it took ${took} ms`);
    return { serviceMs: Math.round(took), withReleaseMs: Math.round(monotonicMs() - began) };
  },

  'a new package is installed on a root that is read-only': async () => {
    ask('systemctl', 'start', 'doorphone');
    const facts = {
      said: ask(
        '/usr/lib/doorphone-image/writable',
        'dpkg',
        '--install',
        '/var/lib/doorphone-firmware/old.package',
      ).split('\n'),
    };
    await readOnlyAgain();
    expect('configuration', readFileSync('/etc/doorphone/doorphone.yaml', 'utf8').includes('name: Side gate'), true);
    return facts;
  },
});
