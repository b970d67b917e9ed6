// The servers that a fleet is told by: the product's own, and Kamailio's presence server, each a process of its own whose
// processor time and memory can be read apart from those of the doors.

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sleep } from '../subjects.mjs';
import { macOf } from './doors.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Clock ticks of /proc, a second. */
const TICKS = 100;
/** Debian's empty tables of Kamailio's: it looks at their versions, and keeps nothing in them. */
const TABLES = '/usr/share/kamailio/dbtext/kamailio';
const START_PATIENCE = 120_000;

class Server {
  constructor({ folder, address, port }) {
    Object.assign(this, { folder, address, port });
    mkdirSync(folder, { recursive: true });
    this.log = `${folder}/log`;
  }

  /** Seconds of processor that its processes have used. */
  get cpu() {
    return this.processes.reduce((sum, pid) => sum + cpuOf(pid), 0);
  }

  /** Octets of memory that are its own. */
  get memory() {
    return this.processes.reduce((sum, pid) => {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      return sum + 1024 * Number(/^Pss_Anon:\s+(\d+)/m.exec(text)?.[1]);
    }, 0);
  }

  get processes() {
    return [this.child.pid];
  }

  /** @returns ms until it said so */
  async launch(command, args, ready) {
    const out = openSync(this.log, 'w');
    const begun = performance.now();
    this.child = spawn(command, args, { stdio: ['ignore', out, out], env: process.env });
    while (!readFileSync(this.log, 'utf8').includes(ready)) {
      if (this.child.exitCode !== null || performance.now() - begun > START_PATIENCE) {
        throw new Error(`${command} does not start:\n${readFileSync(this.log, 'utf8').slice(-2000)}`);
      }
      await sleep(20);
    }
    return performance.now() - begun;
  }

  async stop() {
    if (this.child === undefined || this.child.exitCode !== null) return;
    const exited = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    const hard = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await exited;
    clearTimeout(hard);
  }
}

function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** `doorphone provision-server` with a file for every door, as each has a password of its own. */
export class ProvisionServer extends Server {
  name = 'doorphone';

  /** @param settings of server.yaml, beside the places */
  constructor({ count, settings = {}, files, ...rest }) {
    super(rest);
    this.profiles = `${this.folder}/profiles`;
    mkdirSync(`${this.profiles}/devices`, { recursive: true });
    const places = {
      sip: [`udp:${this.address}:${this.port}`],
      files: `${files}:${this.address}:8${files === 'https' ? 4 : 0}80`,
    };
    const pem = (name) => `${this.folder}/../${name}.pem`;
    const certificate = files === 'https' ? { certificate: pem('server'), key: pem('key') } : {};
    writeFileSync(`${this.profiles}/server.yaml`, JSON.stringify({ ...places, ...certificate, ...settings }));
    this.change('Door');
    for (let index = 0; index < count; index += 1) {
      const own = { accounts: [{ uri: `sip:door${index}@example.com`, password: `secret of door ${index}` }] };
      writeFileSync(`${this.profiles}/devices/${macOf(index)}.yaml`, JSON.stringify(own));
    }
  }

  /** What all doors have. */
  change(name) {
    const common = {
      name,
      buttons: { front: { line: 'GPIO17', call: ['sip:101@example.com', 'sip:102@example.com'] } },
      doors: { main: { relay: 'GPIO27', openFor: '3s', code: '42#' } },
    };
    writeFileSync(`${this.profiles}/common.yaml`, JSON.stringify(common));
  }

  async start() {
    const args = ['provision-server', '--profiles', this.profiles, '--state', `${this.folder}/state`];
    const flags = (process.env.DOORPHONE_BENCH_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
    return await this.launch(process.execPath, [...flags, `${ROOT}bin/doorphone`, ...args], 'fleet.ready');
  }
}

/** Kamailio, which keeps all of it in its memory: as fast as it gets. */
export class Kamailio extends Server {
  name = 'kamailio';

  async start() {
    writeFileSync(`${this.folder}/kamailio.cfg`, kamailioText(this));
    cpSync(TABLES, `${this.folder}/dbtext`, { recursive: true });
    const args = ['-DD', '-E', '-m', '512', '-M', '16', '-Y', this.folder, '-f', `${this.folder}/kamailio.cfg`];
    return await this.launch('kamailio', args, 'kamailio is ready');
  }

  get processes() {
    const children = readdirSync(`/proc/${this.child.pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${this.child.pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [this.child.pid, ...children];
  }
}

function kamailioText({ address, port, folder }) {
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=2
auto_aliases=no
listen=udp:${address}:${port}
tcp_accept_no_cl=no
disable_tcp=yes
loadmodule "db_text.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "presence.so"
loadmodule "presence_profile.so"
modparam("presence", "db_url", "text://${folder}/dbtext")
modparam("presence", "server_address", "sip:${address}:${port}")
modparam("presence", "publ_cache", 2)
modparam("presence", "subs_db_mode", 0)
modparam("presence", "subs_htable_size", 14)
modparam("presence", "pres_htable_size", 14)
modparam("presence", "max_expires", 86400)
request_route {
  if (method == "PUBLISH") {
    set_body("$hdr(Content-Type)\\r\\n$rb", "text/xml");
    msg_apply_changes();
    handle_publish();
    exit;
  }
  if (method == "SUBSCRIBE") {
    # It knows the event by its name alone, without what RFC 6080 puts behind it.
    remove_hf("Event");
    append_hf("Event: ua-profile\\r\\n");
    msg_apply_changes();
    handle_subscribe();
    exit;
  }
  sl_send_reply("405", "Method Not Allowed");
}
event_route[tm:local-request] {
  if (method == "NOTIFY" && $(rb{s.len}) > 0) {
    $var(type) = $(rb{line.at,0});
    $var(rest) = $(rb{s.substr,$(var(type){s.len}),0});
    set_body("$(var(rest){s.substr,2,0})", "$var(type)");
  }
}
event_route[core:worker-one-init] {
  xlog("L_ALERT", "kamailio is ready\\n");
}
`;
}
