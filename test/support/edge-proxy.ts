// A first hop with a registrar behind it that knows flows, as RFC 5626 §9.2 shows it: bindings by instance and reg-id in
// a location service that several of them share. Without digest; what else it says, a test sets.

import type { SipRequest } from '../../src/sip/message/types.ts';
import type { MemoryNetwork } from './memory-network.ts';
import { ScriptedPhone } from './scripted-phone.ts';

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
  #phone: ScriptedPhone | undefined;

  private constructor(
    private readonly network: MemoryNetwork,
    readonly address: string,
    private readonly location: Location,
  ) {}

  static async start(network: MemoryNetwork, address: string, location: Location = new Map()): Promise<EdgeProxy> {
    const proxy = new EdgeProxy(network, address, location);
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
