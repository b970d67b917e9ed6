// Writes dist/doorphone.cjs.cache: what V8 has compiled of the program once a door has started, a button was pressed, a phone
// has answered, and the door was opened. A start with it reads that instead of compiling it again, and the first visitor
// finds its functions compiled. The cache fits this build and this Node alone; without one everything works, a little later.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** More is given where an emulated processor makes it. */
const PATIENCE_MS = Number(process.env.DOORPHONE_CACHE_PATIENCE_MS ?? 10_000);

const program = fileURLToPath(new URL('../dist/doorphone.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'doorphone-build-'));
const socket = join(folder, 'control.sock');

const header = (request, name) => new RegExp(`^${name}: *(.*)\\r$`, 'mi').exec(request)?.[1];

/** A phone that agrees to whatever comes: 200, with a description where there is one to be answered. @return its port */
async function phone() {
  const socket = createSocket('udp4').unref();
  socket.on('message', (datagram, { address, port }) => {
    const request = datagram.toString('latin1');
    if (request.startsWith('ACK') || request.startsWith('SIP/2.0')) return;
    const agreed = request.startsWith('INVITE')
      ? `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n`
      : '';
    const lines = [
      'SIP/2.0 200 OK',
      ...[...request.matchAll(/^Via: *(.*)\r$/gim)].map(([via]) => via.trimEnd()),
      `From: ${header(request, 'From')}`,
      `To: ${header(request, 'To')}${request.includes(';tag=phone') ? '' : ';tag=phone'}`,
      `Call-ID: ${header(request, 'Call-ID')}`,
      `CSeq: ${header(request, 'CSeq')}`,
      `Contact: <sip:phone@127.0.0.1:${socket.address().port}>`,
      ...(agreed === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${agreed.length}`,
    ];
    socket.send(`${lines.join('\r\n')}\r\n\r\n${agreed}`, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

const configuration = {
  board: 'virtual',
  accounts: [{ uri: 'sip:door@127.0.0.1', registrar: 'sip:127.0.0.1:9' }],
  sip: { listen: ['udp:127.0.0.1:0'] },
  audio: { device: 'virtual' },
  buttons: { front: { line: 'button', call: [`sip:phone@127.0.0.1:${await phone()}`] } },
  doors: { main: { relay: 'relay', code: '42#' } },
  log: { level: 'error' },
};

/** Resolves when the control socket has said `text`. */
function said(connection, text) {
  return new Promise((resolve, reject) => {
    let heard = '';
    connection.on('data', (chunk) => {
      heard += chunk;
      if (heard.includes(text)) resolve();
    });
    connection.on('error', reject);
  });
}

async function connection() {
  for (;;) {
    try {
      return await new Promise((resolve, reject) => {
        const opened = connect(socket, () => resolve(opened)).on('error', reject);
      });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

setTimeout(() => {
  process.stderr.write('code-cache: the service did not come up; going on without a cache\n');
  process.exit(0);
}, PATIENCE_MS).unref();

const file = join(folder, 'doorphone.yaml');
writeFileSync(file, JSON.stringify(configuration), { mode: 0o600 });
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.argv = [process.argv[0], 'doorphone', 'run', '--config', file, '--state', folder, '--socket', socket];
const script = new Script(readFileSync(program, 'latin1'), { filename: program });
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(program), module, program);

const control = await connection();
const [answered, ended] = ['"call.answered"', '"call.ended"'].map((text) => said(control, text));
control.write('{"id":1,"command":"events","follow":true}\n{"id":2,"command":"press"}\n');
await answered;
control.write('{"id":3,"command":"open"}\n');
// A talk of a moment, for what is done while one goes on.
setTimeout(() => control.write('{"id":4,"command":"hangup"}\n'), 300);
await ended;
writeFileSync(`${program}.cache.new`, script.createCachedData());
renameSync(`${program}.cache.new`, `${program}.cache`);
process.exit(0);
