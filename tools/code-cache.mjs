// Writes dist/doorphone.cjs.cache: what V8 has compiled of the program once a door has started and a button was pressed.
// A start with it reads that instead of compiling it again, and the first press finds its functions compiled. The cache
// fits this build and this Node alone; without one everything works, a little later.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** More is given where an emulated processor makes it. */
const PATIENCE_MS = Number(process.env.DOORPHONE_CACHE_PATIENCE_MS ?? 10_000);
/** RFC 863, on this machine: nobody answers, and the call ends as unreachable. */
const NOBODY = 'sip:nobody@127.0.0.1:9';

const program = fileURLToPath(new URL('../dist/doorphone.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'doorphone-build-'));
const socket = join(folder, 'control.sock');

const configuration = {
  board: 'virtual',
  accounts: [{ uri: 'sip:door@127.0.0.1', registrar: 'sip:127.0.0.1:9' }],
  sip: { listen: ['udp:127.0.0.1:0'] },
  audio: { device: 'virtual' },
  buttons: { front: { line: 'button', call: [NOBODY] } },
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
const ended = said(control, '"call.ended"');
control.write('{"id":1,"command":"events","follow":true}\n{"id":2,"command":"press"}\n');
setTimeout(() => control.write('{"id":3,"command":"hangup"}\n'), 300);
await ended;
writeFileSync(`${program}.cache.new`, script.createCachedData());
renameSync(`${program}.cache.new`, `${program}.cache`);
process.exit(0);
