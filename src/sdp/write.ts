// Session description to text: the order of RFC 8866 §5, CR LF behind every line.

import type { Attribute, Bandwidth, MediaDescription, NetworkAddress, SessionDescription } from './types.ts';

/** Writes a description. A line end or NUL inside a value becomes a space: no value can begin a line of its own. */
export function writeSdp(description: SessionDescription): string {
  const { origin } = description;
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} ${address(origin)}`,
    `s=${description.sessionName === '' ? '-' : description.sessionName}`,
    ...optional('i', description.information),
    ...optional('u', description.uri),
    ...description.emails.map((email) => `e=${email}`),
    ...description.phones.map((phone) => `p=${phone}`),
    ...optional('c', description.connection && address(description.connection)),
    ...bandwidths(description.bandwidths),
    ...times(description),
    ...optional('z', description.timeZones),
    ...optional('k', description.key),
    ...attributes(description.attributes),
    ...description.media.flatMap(media),
  ];
  return lines.map((line) => `${line.replace(/[\r\n\0]+/g, ' ')}\r\n`).join('');
}

const optional = (type: string, value: string | undefined): string[] =>
  value === undefined ? [] : [`${type}=${value}`];

const address = (at: NetworkAddress): string => `${at.networkType} ${at.addressType} ${at.address}`;

const bandwidths = (list: readonly Bandwidth[]): string[] => list.map(({ type, value }) => `b=${type}:${value}`);

/** §5.9: at least one; `0 0` is a session without bounds. */
function times({ times: list }: SessionDescription): string[] {
  if (list.length === 0) return ['t=0 0'];
  return list.flatMap(({ start, stop, repeats }) => [`t=${start} ${stop}`, ...repeats.map((repeat) => `r=${repeat}`)]);
}

const attributes = (list: readonly Attribute[]): string[] =>
  list.map(({ name, value }) => (value === undefined ? `a=${name}` : `a=${name}:${value}`));

function media(line: MediaDescription): string[] {
  const ports = line.portCount === undefined ? `${line.port}` : `${line.port}/${line.portCount}`;
  return [
    `m=${line.media} ${ports} ${line.protocol} ${line.formats.join(' ')}`,
    ...optional('i', line.information),
    ...line.connections.map((connection) => `c=${address(connection)}`),
    ...bandwidths(line.bandwidths),
    ...optional('k', line.key),
    ...attributes(line.attributes),
  ];
}
