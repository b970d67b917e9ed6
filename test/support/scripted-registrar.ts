// A registrar with digest, as Kamailio behaves with bindings in memory: a restart forgets all of them and every nonce.
// Its digest is computed here, not by the code under test.

import { createHash } from 'node:crypto';
import type { SipRequest } from '../../src/sip/message/types.ts';
import type { MemoryNetwork } from './memory-network.ts';
import { ScriptedPhone } from './scripted-phone.ts';
import { DOOR } from './sip-bench.ts';

export const REGISTRAR = '10.0.0.5';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** What is written about one REGISTER. */
export interface RegisterNote {
  readonly at: number;
  readonly sequence: number;
  readonly callId: string;
  /** The value of Contact; undefined for a question. */
  readonly contact: string | undefined;
  readonly status: number;
}

/** One account, one registrar. */
export class ScriptedRegistrar {
  readonly notes: RegisterNote[] = [];
  /** Contact URI → seconds. */
  readonly bindings = new Map<string, number>();
  /** Given out instead of what is asked for. */
  grants: number | undefined;
  /** Answers in place of the registrar's own, to REGISTERs whose credentials are right. */
  override: ((request: SipRequest) => { status: number; headers?: [string, string][] } | undefined) | undefined;
  /** Whether a question (REGISTER without Contact) is answered with the list. */
  listsOnQuestion = true;
  #nonce = 'nonce-1';
  #starts = 1;
  #phone: ScriptedPhone | undefined;

  private constructor(
    private readonly network: MemoryNetwork,
    private readonly now: () => number,
    private readonly password: string,
    private readonly address: string,
  ) {}

  static async start(
    network: MemoryNetwork,
    now: () => number,
    password = 'sesame',
    address = REGISTRAR,
  ): Promise<ScriptedRegistrar> {
    const registrar = new ScriptedRegistrar(network, now, password, address);
    await registrar.restart();
    return registrar;
  }

  /** Dead: nothing is answered. */
  kill(): void {
    this.#phone?.unplug();
    this.#phone = undefined;
  }

  /** Back, with an empty memory. */
  async restart(): Promise<void> {
    this.bindings.clear();
    this.#starts += 1;
    this.#nonce = `nonce-${this.#starts}`;
    this.#phone = await ScriptedPhone.plug(this.network, this.address);
    this.#phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'REGISTER') this.#register(message);
    };
  }

  /** The phone that it speaks by. */
  get phone(): ScriptedPhone {
    if (this.#phone === undefined) throw new Error('the registrar is dead');
    return this.#phone;
  }

  /** REGISTERs that changed or would have changed a binding. */
  get bindsTried(): readonly RegisterNote[] {
    return this.notes.filter(({ contact }) => contact !== undefined);
  }

  #register(request: SipRequest): void {
    const own = this.#isAuthorized(request) ? (this.override?.(request) ?? this.#store(request)) : this.#challenge();
    const contact = request.headers.get('Contact');
    const { status } = own;
    this.notes.push({ at: this.now(), sequence: request.cseq.number, callId: request.callId, contact, status });
    // No Contact of the phone's own: a registrar lists bindings there.
    this.#phone?.answer(request, status, { headers: own.headers ?? [], toTag: 'registrar' });
  }

  #challenge(): { status: number; headers: [string, string][] } {
    const challenge = `Digest realm="house", nonce="${this.#nonce}", algorithm=MD5, qop="auth"`;
    return { status: 401, headers: [['WWW-Authenticate', challenge]] };
  }

  #store(request: SipRequest): { status: number; headers: [string, string][] } {
    const contacts = request.addresses('Contact');
    for (const { uri, parameters } of contacts.ok ? contacts.value : []) {
      const expires = Number(parameters.get('expires') ?? request.headers.get('Expires'));
      if (expires === 0) this.bindings.delete(uri);
      else this.bindings.set(uri, this.grants ?? expires);
    }
    const silent = !this.listsOnQuestion && !request.headers.has('Contact');
    const listed = silent ? [] : [...this.bindings];
    const headers = listed.map(([uri, life]): [string, string] => ['Contact', `<${uri}>;expires=${life}`]);
    // Nothing bound: a header that keeps the phone from listing itself.
    return { status: 200, headers: headers.length > 0 ? headers : [['Contact', '<sip:another@10.9.9.9>;expires=7']] };
  }

  #isAuthorized(request: SipRequest): boolean {
    const credentials = request.headers.get('Authorization') ?? '';
    const field = (name: string): string => new RegExp(`[ ,]${name}="?([^",]+)"?`).exec(credentials)?.[1] ?? '';
    const secret = md5(`${field('username')}:house:${this.password}`);
    const subject = md5(`REGISTER:${request.requestUri}`);
    const expected = md5(`${secret}:${this.#nonce}:${field('nc')}:${field('cnonce')}:auth:${subject}`);
    return field('response') === expected && field('nonce') === this.#nonce;
  }
}

/** Where the door is bound. */
export const DOOR_CONTACT = `sip:door@${DOOR.address}:${DOOR.port}`;
