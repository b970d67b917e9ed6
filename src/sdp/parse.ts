// Text to session description (RFC 8866 §5, §9). Tolerant where real peers stray and nothing is ambiguous: LF line
// ends, lines of one section in another order, no `s=` or no `t=`. Nothing here throws, whatever the text.

import { err, ok, type Result } from '../base/result.ts';
import type {
  Attribute,
  Bandwidth,
  MediaDescription,
  NetworkAddress,
  Origin,
  SdpError,
  SessionDescription,
  TimeDescription,
} from './types.ts';

/** Bounds on what one description may cost. */
export interface SdpLimits {
  /** Characters of the whole text. */
  readonly length: number;
  readonly lines: number;
}

export const DEFAULT_SDP_LIMITS: SdpLimits = { length: 65_535, lines: 1000 };

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type WritableMedia = Writable<MediaDescription> & {
  connections: NetworkAddress[];
  bandwidths: Bandwidth[];
  attributes: Attribute[];
};
interface WritableSession {
  origin: Origin | undefined;
  sessionName: string | undefined;
  information: string | undefined;
  uri: string | undefined;
  emails: string[];
  phones: string[];
  connection: NetworkAddress | undefined;
  bandwidths: Bandwidth[];
  times: (Writable<TimeDescription> & { repeats: string[] })[];
  timeZones: string | undefined;
  key: string | undefined;
  attributes: Attribute[];
  media: WritableMedia[];
}

/** What a line did: undefined when it was taken, else code and sentence. */
type LineFault = readonly [code: string, message: string] | undefined;

const DUPLICATE: LineFault = ['duplicate', 'a line that may come once comes twice'];
const malformed = (what: string): LineFault => ['field', `${what} is malformed`];

/**
 * Reads a session description. Codes: `empty`, `version` (not 0), `line` (no `x=`), `field` (a value is malformed, or
 * its type is none of RFC 8866's), `missing` (`o=`), `duplicate`, `too-long`, `too-many-lines`.
 */
export function parseSdp(
  text: string | Buffer,
  limits: SdpLimits = DEFAULT_SDP_LIMITS,
): Result<SessionDescription, SdpError> {
  if (text.length > limits.length) return fault('too-long', 0, `more than ${limits.length} characters`);
  const lines = (typeof text === 'string' ? text : text.toString('utf8')).split('\n', limits.lines + 2);
  while (lines.length > 0 && isBlank(lines.at(-1) ?? '')) lines.pop();
  if (lines.length > limits.lines) return fault('too-many-lines', limits.lines, `more than ${limits.lines} lines`);
  if (lines.length === 0) return fault('empty', 0, 'there is nothing');
  const first = lines[0]?.trimEnd();
  if (first !== 'v=0') {
    return first?.startsWith('v=') === true
      ? fault('version', 1, 'not version 0')
      : fault('line', 1, 'the first line is not v=');
  }
  const session = emptySession();
  for (let at = 1; at < lines.length; at += 1) {
    const wrong = readLine(session, (lines[at] ?? '').replace(/\r$/, ''));
    if (wrong !== undefined) return fault(wrong[0], at + 1, wrong[1]);
  }
  const { origin, sessionName = '-', times } = session;
  if (origin === undefined) return fault('missing', 0, 'no o= line');
  return ok({ ...session, origin, sessionName, times });
}

const fault = (code: string, line: number, message: string) => err({ code, line, message });
const isBlank = (line: string): boolean => line === '' || line === '\r';

const emptySession = (): WritableSession => ({
  origin: undefined,
  sessionName: undefined,
  information: undefined,
  uri: undefined,
  emails: [],
  phones: [],
  connection: undefined,
  bandwidths: [],
  times: [],
  timeZones: undefined,
  key: undefined,
  attributes: [],
  media: [],
});

function readLine(session: WritableSession, line: string): LineFault {
  // §9: byte-string has neither NUL nor CR; nothing that holds one is written on by us.
  if (line.charAt(1) !== '=' || line.includes('\0') || line.includes('\r')) return ['line', 'not of the form x=value'];
  const type = line.charAt(0);
  const value = line.slice(2);
  if (type === 'm') return readMedia(session, value);
  const media = session.media.at(-1);
  return media === undefined ? readSessionLine(session, type, value) : readMediaLine(media, type, value);
}

function readSessionLine(session: WritableSession, type: string, value: string): LineFault {
  switch (type) {
    case 'o':
      return readOrigin(session, value);
    case 's':
      return once(session, 'sessionName', value);
    case 'u':
      return once(session, 'uri', value);
    case 'e':
      session.emails.push(value);
      return undefined;
    case 'p':
      session.phones.push(value);
      return undefined;
    case 'c': {
      const connection = readAddress(value.split(' '));
      if (connection === undefined) return malformed('c=');
      if (session.connection !== undefined) return DUPLICATE;
      session.connection = connection;
      return undefined;
    }
    case 't': {
      const [, start, stop] = /^(\d+) (\d+)[ \t]*$/.exec(value) ?? [];
      if (start === undefined || stop === undefined) return malformed('t=');
      session.times.push({ start, stop, repeats: [] });
      return undefined;
    }
    case 'r':
      session.times.at(-1)?.repeats.push(value);
      return session.times.length === 0 ? malformed('r= without t=') : undefined;
    case 'z':
      return once(session, 'timeZones', value);
    default:
      return readCommonLine(session, type, value);
  }
}

function readMediaLine(media: WritableMedia, type: string, value: string): LineFault {
  if (type !== 'c') return readCommonLine(media, type, value);
  const connection = readAddress(value.split(' '));
  if (connection === undefined) return malformed('c=');
  media.connections.push(connection);
  return undefined;
}

/** `i=`, `b=`, `k=` and `a=` stand at both levels. A type that RFC 8866 does not have spoils the whole (§5). */
function readCommonLine(section: WritableSession | WritableMedia, type: string, value: string): LineFault {
  switch (type) {
    case 'i':
      if (section.information !== undefined) return DUPLICATE;
      section.information = value;
      return undefined;
    case 'k':
      if (section.key !== undefined) return DUPLICATE;
      section.key = value;
      return undefined;
    case 'b': {
      const [, name, number] = /^([^:\s]+):(\d+)[ \t]*$/.exec(value) ?? [];
      if (name === undefined || number === undefined) return malformed('b=');
      section.bandwidths.push({ type: name, value: number });
      return undefined;
    }
    case 'a': {
      const colon = value.indexOf(':');
      const name = colon < 0 ? value.trimEnd() : value.slice(0, colon);
      if (name === '' || /\s/.test(name)) return malformed('a=');
      section.attributes.push({ name, value: colon < 0 ? undefined : value.slice(colon + 1) });
      return undefined;
    }
    default:
      return ['field', 'a line of this type does not stand here'];
  }
}

function once(session: WritableSession, name: 'sessionName' | 'uri' | 'timeZones', value: string): LineFault {
  if (session[name] !== undefined) return DUPLICATE;
  session[name] = value;
  return undefined;
}

function readOrigin(session: WritableSession, value: string): LineFault {
  if (session.origin !== undefined) return DUPLICATE;
  // The user name has no space (§5.2), but some phones put their product's name there: what follows it counts.
  const parts = value.trimEnd().split(' ');
  const [sessionId = '', sessionVersion = '', ...place] = parts.slice(-5);
  const username = parts.slice(0, -5).join(' ');
  const address = readAddress(place);
  if (username === '' || !/^\d+$/.test(sessionId) || !/^\d+$/.test(sessionVersion) || address === undefined) {
    return malformed('o=');
  }
  session.origin = { username, sessionId, sessionVersion, ...address };
  return undefined;
}

function readAddress(parts: readonly string[]): NetworkAddress | undefined {
  const [networkType = '', addressType = '', address = '', ...rest] = parts;
  const complete = networkType !== '' && addressType !== '' && address.trimEnd() !== '';
  return complete && rest.every((part) => part === '')
    ? { networkType, addressType, address: address.trimEnd() }
    : undefined;
}

function readMedia(session: WritableSession, value: string): LineFault {
  const [media = '', ports = '', protocol = '', ...formats] = value.split(/[ \t]+/).filter((part) => part !== '');
  const [, port, count] = /^(\d{1,5})(?:\/(\d{1,5}))?$/.exec(ports) ?? [];
  if (media === '' || protocol === '' || formats.length === 0 || port === undefined || Number(port) > 65_535) {
    return malformed('m=');
  }
  session.media.push({
    media,
    port: Number(port),
    portCount: count === undefined ? undefined : Number(count),
    protocol,
    formats,
    information: undefined,
    connections: [],
    bandwidths: [],
    key: undefined,
    attributes: [],
  });
  return undefined;
}
