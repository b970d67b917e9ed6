// A first hop with a registrar behind it that knows flows, as RFC 5626 §9.2 shows it: bindings by instance and reg-id in
// a location service that several of them share. Without digest; what else it says, a test sets.

import type { SipRequest } from '../../src/sip/message/types.ts';
import type { MemoryNetwork } from './memory-network.ts';
import { type Place, ScriptedPhone } from './scripted-phone.ts';

type Header = [name: string, value: string];

/** What is bound: the value of Contact by instance and reg-id, or by URI. */
export type Location = Map<string, string>;

export class EdgeProxy {
  readonly registers: SipRequest[] = [];
  /** Answers in place of its own. */
  override: ((request: SipRequest) => { status: number; headers?: Header[] } | undefined) | undefined;
  /** Further headers of a 200. */
  extra: Header[] = [];
  /** Parameters that are added to our Contact in a 200: GRUUs. */
  contactParameters = '';
  /** Whether flows are known: `Require: outbound`. */
  outbound = true;
  /** Where STUN says that the door is; undefined: where it is. */
  mapped: Place | undefined;
  /** When keep-alives came. */
  readonly keepAlives: number[] = [];
  #phone: ScriptedPhone | undefined;

  private constructor(
    private readonly network: MemoryNetwork,
    readonly address: string,
    private readonly location: Location,
    private readonly now: () => number,
  ) {}

  static async start(
    network: MemoryNetwork,
    address: string,
    location: Location = new Map(),
    now: () => number = () => 0,
  ): Promise<EdgeProxy> {
    const proxy = new EdgeProxy(network, address, location, now);
    await proxy.restart();
    return proxy;
  }

  get phone(): ScriptedPhone {
    if (this.#phone === undefined) throw new Error('the proxy is dead');
    return this.#phone;
  }

  kill(): void {
    this.#phone?.unplug();
    this.#phone = undefined;
  }

  async restart(): Promise<void> {
    const phone = await ScriptedPhone.plug(this.network, this.address);
    this.#phone = phone;
    phone.onDatagram = (bytes, from) => this.#stun(phone, bytes, from);
    phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'REGISTER') return;
      this.registers.push(message);
      const { status, headers = [] } = this.override?.(message) ?? { status: 200, headers: this.#bind(message) };
      // No Contact of the phone's own: a registrar lists bindings there.
      const listed = headers.some(([name]) => name === 'Contact');
      const all: Header[] = listed ? headers : [...headers, ['Contact', '<sip:another@10.9.9.9>;expires=7']];
      phone.answer(message, status, { headers: status < 300 ? all : headers, toTag: 'registrar' });
    };
  }

  /** REGISTERs that had a Contact. */
  get binds(): readonly SipRequest[] {
    return this.registers.filter(({ headers }) => headers.has('Contact'));
  }

  /** RFC 8489 §5, §14.2: a Binding success with XOR-MAPPED-ADDRESS for a Binding request. */
  #stun(phone: ScriptedPhone, bytes: Buffer, from: Place): boolean {
    if (bytes.length < 20 || bytes.readUInt16BE(0) !== 0x0001) return false;
    this.keepAlives.push(this.now());
    const { address, port } = this.mapped ?? from;
    const answer = Buffer.alloc(32);
    answer.writeUInt16BE(0x0101, 0);
    answer.writeUInt16BE(12, 2);
    bytes.copy(answer, 4, 4, 20);
    answer.writeUInt16BE(0x0020, 20);
    answer.writeUInt16BE(8, 22);
    answer.writeUInt8(1, 25);
    answer.writeUInt16BE(port ^ 0x2112, 26);
    const octets = Buffer.from(address.split('.').map(Number));
    answer.writeUInt32BE((octets.readUInt32BE(0) ^ 0x2112_a442) >>> 0, 28);
    phone.sendBytes(answer, from);
    return true;
  }

  #bind(request: SipRequest): Header[] {
    const contacts = request.addresses('Contact');
    for (const { uri, parameters } of contacts.ok ? contacts.value : []) {
      const instance = String(parameters.get('+sip.instance') ?? '');
      const regId = this.outbound ? parameters.get('reg-id') : undefined;
      const key = regId === undefined ? uri : `${instance} ${String(regId)}`;
      const expires = String(parameters.get('expires') ?? 3600);
      const quoted = instance === '' ? '' : `;+sip.instance="${instance}"`;
      const flow = regId === undefined ? '' : `;reg-id=${String(regId)}`;
      if (expires === '0') this.location.delete(key);
      else this.location.set(key, `<${uri}>${flow};expires=${expires}${quoted}${this.contactParameters}`);
    }
    const bindings = [...this.location.values()].map((value): Header => ['Contact', value]);
    const asked = request.headers.list('Supported').includes('outbound');
    const required: Header[] = this.outbound && asked ? [['Require', 'outbound']] : [];
    return [...bindings, ...required, ...this.extra];
  }
}
