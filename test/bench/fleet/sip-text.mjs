// As much of SIP as a crowd of doors needs, and no more of the processor: what drives the server must not be slower.

/** @returns start line, header values by small name (the first of each, Via and Record-Route all), and the body */
export function readMessage(data) {
  const text = data.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [start, ...lines] = text.slice(0, end < 0 ? undefined : end).split('\r\n');
  const headers = new Map();
  const repeated = { via: [], 'record-route': [] };
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    repeated[name]?.push(value);
    if (!headers.has(name)) headers.set(name, value);
  }
  const status = start.startsWith('SIP/2.0 ') ? Number(start.slice(8, 11)) : undefined;
  const method = status === undefined ? start.slice(0, start.indexOf(' ')) : undefined;
  const get = (name) => headers.get(name) ?? '';
  return { status, method, get, vias: repeated.via, routes: repeated['record-route'], body: text.slice(end + 4) };
}

/** @param headers lines without their ends */
export function writeMessage(start, headers, body = '') {
  return Buffer.from(`${[start, ...headers, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

/** The 200, or whatever else, to a NOTIFY. */
export function answer({ get, vias, routes }, status) {
  const copied = ['From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${get(name.toLowerCase())}`);
  const ways = [...vias.map((via) => `Via: ${via}`), ...routes.map((route) => `Record-Route: ${route}`)];
  return writeMessage(`SIP/2.0 ${status}`, [...ways, ...copied]);
}

export const tagOf = (value) => /;\s*tag=([^;\s]+)/i.exec(value)?.[1];
export const uriOf = (value) => /<([^>]+)>/.exec(value)?.[1] ?? value;
