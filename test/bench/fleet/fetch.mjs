// One GET over a connection of its own, as a door makes it, without the weight of an HTTP library.

import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** @returns status 0 where there was no answer */
export function fetchProfile(url) {
  const { protocol, hostname, port, pathname } = new URL(url);
  const head = [`GET ${pathname} HTTP/1.1`, `Host: ${hostname}:${port}`, 'User-Agent: doorphone', 'Connection: close'];
  return new Promise((done) => {
    const chunks = [];
    const place = { host: hostname, port: Number(port) };
    // The certificate is made for the bench; what its examination costs is the doors' own affair.
    const socket = protocol === 'https:' ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => done({ status: 0 }));
    socket.on('close', () => done(readResponse(Buffer.concat(chunks).toString('utf8'))));
    socket.setTimeout(15_000, () => socket.destroy());
  });
}

function readResponse(text) {
  const end = text.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  const seconds = /^retry-after: (\d+)/im.exec(text.slice(0, end))?.[1];
  return { status, body: text.slice(end + 4), retryAfter: seconds === undefined ? undefined : Number(seconds) };
}
