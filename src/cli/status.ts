// `doorphone status` for eyes.

import type { AccountState, CallState, MediaState, StateReport } from '../api/state.ts';
import { SOUND_SIDES, type VolumeReport } from '../api/volume.ts';
import { localTime, printable } from './printable.ts';

/** A small table, one fact a line. @param now the time of day, for how long a call lasts */
export function describeStatus(report: StateReport, now: Date): string {
  const rows: (readonly [string, string])[] = [
    ['state', report.state],
    ['call', report.call === null ? 'none' : describeCall(report.call, now)],
    ...Object.entries(report.doors).map(([door, { open }]) => [`door ${door}`, open ? 'open' : 'closed'] as const),
    ...report.accounts.map((account) => [`account ${account.uri}`, describeRegistration(account)] as const),
    ...(report.accepts === undefined ? [] : [['may call in', report.accepts.join('; ')] as const]),
    ...(report.mqtt.configured ? [['mqtt', report.mqtt.connected ? 'connected' : 'not connected'] as const] : []),
    ['sound', describeSound(report.media)],
    ...describeVolumes(report.media),
    ...describeVoice(report.media),
    ...(report.call === null ? [] : [...describeQuality(report.call), ...describeLevels(report.media)]),
    ['real time', describeScheduling(report.media)],
    ...report.faults.map((fault) => ['fault', fault] as const),
    ...(report.warnings ?? []).map((warning) => ['warning', warning] as const),
    ['version', report.version],
    ['running for', describeSpan(report.uptime)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function describeScheduling({ realtime, memoryLocked }: MediaState): string {
  return `${realtime ? 'yes' : 'no'}${memoryLocked ? '' : '; memory not locked'}`;
}

function describeRegistration({
  registers,
  registered,
  reason,
  registrar,
  alsoKnownAs = [],
  flows = [],
  mapped,
}: AccountState): string {
  if (!registers) return 'peer to peer';
  if (!registered) return reason === null ? 'not registered yet' : `not registered: ${reason}`;
  const at = registrar === undefined ? '' : ` at ${registrar}`;
  const ways = flows.length > 1 ? flows.filter((flow) => flow.registered).map(({ proxy }) => proxy ?? 'itself') : [];
  const names = alsoKnownAs.length === 0 ? '' : `, also known as ${alsoKnownAs.map(printable).join(' and ')}`;
  const nat = typeof mapped === 'string' ? `, behind a NAT, seen at ${printable(mapped)}` : '';
  return `registered${at}${ways.length === 0 ? '' : ` by ${ways.join(' and ')}`}${names}${nat}`;
}

function describeSound({ device, fault, mapped, byTurns }: MediaState): string {
  const turns = byTurns === true ? ', which plays and records by turns' : '';
  const seen = typeof mapped === 'string' ? `, seen at ${mapped} from the Internet` : '';
  return `${device}${turns}${seen}${fault === null ? '' : `: ${fault}`}`;
}

function describeVolumes({ volume }: MediaState): (readonly [string, string])[] {
  return volume === undefined ? [] : [['volume', describeVolume(volume).join('; ')]];
}

/** Nothing where no loudspeaker is beside the microphone. */
function describeVoice({ device, voice }: MediaState): (readonly [string, string])[] {
  if (voice === undefined) return [];
  const { echoCancellation, noiseSuppression, gainControl, echoDelayMs, echoAttenuationDb, gainDb, clips } = voice;
  const delay = echoDelayMs === null ? '' : `, ${echoDelayMs} ms behind`;
  const weakened = echoAttenuationDb === null ? '' : `, weakened by ${echoAttenuationDb} dB`;
  const parts = [
    ...(echoCancellation ? [`echo taken out${delay}${weakened}`] : []),
    ...(!echoCancellation && device.startsWith('alsa:') ? ['echo left in (audio.echoCancellation: false)'] : []),
    ...(noiseSuppression ? ['noise weakened'] : []),
    ...(gainControl ? [`gain ${gainDb} dB`] : []),
    ...(clips > 0 ? [`${clips} samples of the microphone at full scale`] : []),
  ];
  return parts.length === 0 ? [] : [['voice', parts.join('; ')]];
}

/** `MOS 4.2, 0.4 % lost, jitter 3.1 ms, played 22 ms later, round trip 12 ms; there MOS 4.1, 0 % lost`. */
function describeQuality({ quality }: CallState): (readonly [string, string])[] {
  if (quality === undefined) return [];
  const { mos, remoteMos, lossPercent, remoteLossPercent, jitterMs, playoutDelayMs, roundTripMs } = quality;
  const here = [
    ...(mos === null ? [] : [`MOS ${mos}`]),
    `${lossPercent} % lost`,
    `jitter ${jitterMs} ms`,
    `played ${playoutDelayMs} ms later`,
    ...(roundTripMs === null ? [] : [`round trip ${roundTripMs} ms`]),
  ];
  const there = [
    ...(remoteMos === null ? [] : [`MOS ${remoteMos}`]),
    ...(remoteLossPercent === null ? [] : [`${remoteLossPercent} % lost`]),
  ];
  return [['quality', [here.join(', '), ...(there.length === 0 ? [] : [`there ${there.join(', ')}`])].join('; ')]];
}

/** `speaker -21 dBFS, peak -9; microphone …`: over the last second. */
function describeLevels({ levels }: MediaState): (readonly [string, string])[] {
  if (levels === undefined) return [];
  const parts = SOUND_SIDES.map((side) => {
    const { rms, peak, clipped } = levels[side];
    return `${side} ${rms} dBFS, peak ${peak}${clipped > 0 ? `, ${clipped} samples cut off` : ''}`;
  });
  return [['levels', parts.join('; ')]];
}

/** `speaker 60 %, by the card's Speaker`; one text for each side. */
export function describeVolume(report: VolumeReport): readonly string[] {
  return SOUND_SIDES.map((side) => {
    const { percent, muted, control } = report[side];
    const by = control === undefined ? '' : `, by the card’s ${control}`;
    return `${side} ${percent} %${muted ? ', muted' : ''}${by}`;
  });
}

const SIGNALLING = {
  clear: 'signalled in the clear',
  tls: 'signalled by TLS to the first hop',
  sips: 'signalled by sips',
};

function describeCall(call: CallState, now: Date): string {
  const sound = call.codec === null ? [] : [`${call.codec}${call.encrypted ? ', encrypted' : ', not encrypted'}`];
  const seconds = (now.getTime() - Date.parse(call.since)) / 1000;
  const span = Number.isFinite(seconds) && seconds >= 0 ? ` (${describeSpan(seconds)})` : '';
  const reach = call.signalling ? [SIGNALLING[call.signalling]] : [];
  return [`${call.direction} ${call.peer}`, ...sound, ...reach, `since ${localTime(call.since)}${span}`].join(', ');
}

/** `2 d 3 h`, `4 min 10 s`: the two greatest units. */
export function describeSpan(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}
