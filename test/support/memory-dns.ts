// DNS servers in memory, on the test's clock: a zone in the words of zone files, and by hand whatever goes wrong with it.

import { type Answer, type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import type { Clock } from '../../src/base/clock.ts';
import { millis } from '../../src/base/units.ts';
import type { DnsChannel, DnsChannelUser, DnsNetwork, DnsServer } from '../../src/sip/locate/dns/network.ts';

const RECURSION_AVAILABLE = 1 << 7;
export const TRUNCATED = 1 << 9;
export const AUTHORITATIVE = 1 << 10;

/** What a server was asked. */
export interface Asked {
  readonly at: number;
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly edns: boolean;
  readonly over: 'udp' | 'tcp';
}

/** Records from lines like `_sip._udp.example.com 60 SRV 0 1 5060 server1.example.com`. */
export function zone(...lines: readonly string[]): Answer[] {
  return lines.map(recordOf);
}

function recordOf(line: string): Answer {
  const [name = '', ttlText = '', type = '', ...data] = line.trim().split(/\s+/);
  const ttl = Number(ttlText);
  const number = (at: number): number => Number(data[at]);
  const text = (at: number): string => (data[at] ?? '').replace(/^"|"$/g, '');
  switch (type) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
      return { name, ttl, type, class: 'IN', data: text(0) };
    case 'SRV': {
      const srv = { priority: number(0), weight: number(1), port: number(2), target: text(3) };
      return { name, ttl, type, class: 'IN', data: srv };
    }
    case 'NAPTR': {
      const [order, preference] = [number(0), number(1)];
      const naptr = { order, preference, flags: text(2), services: text(3), regexp: text(4), replacement: text(5) };
      return { name, ttl, type, class: 'IN', data: naptr };
    }
    case 'SOA': {
      const soa = { mname: text(0), rname: text(1), serial: 1, refresh: 1, retry: 1, expire: 1, minimum: number(2) };
      return { name, ttl, type, class: 'IN', data: soa };
    }
    default:
      throw new Error(`no such record in a test: ${line}`);
  }
}

/** One server. */
export class MemoryDnsServer {
  records: Answer[];
  /** Goes into the authority section of negative answers. */
  authority: Answer[] = zone('example.com 300 SOA ns.example.com root.example.com 60');
  /** Addresses that go along with SRV answers. */
  additionals: Answer[] = [];
  /** Swallows every question. */
  silent = false;
  /** Nobody listens: the asker hears of it by ICMP, or by a refused connection. */
  refuses = false;
  /** Not for the names that are of no zone of its. */
  rcode: number | undefined;
  /** Answers in the place of the zone's; undefined: silence, and bytes go out as they are. */
  script: ((query: DecodedPacket, over: 'udp' | 'tcp') => Packet | Buffer | undefined) | undefined;
  readonly asked: Asked[] = [];

  constructor(records: readonly Answer[]) {
    this.records = [...records];
  }

  /** What was asked, as `TYPE name`, in order. */
  get questions(): readonly string[] {
    return this.asked.map(({ type, name }) => `${type} ${name}`);
  }

  answer(query: DecodedPacket, over: 'udp' | 'tcp'): Buffer | undefined {
    if (this.silent) return undefined;
    const scripted = this.script === undefined ? this.#fromZone(query) : this.script(query, over);
    if (scripted === undefined || Buffer.isBuffer(scripted)) return scripted;
    return reply(query, scripted);
  }

  #fromZone({ questions = [] }: DecodedPacket): Packet {
    const [question] = questions;
    const flags = RECURSION_AVAILABLE | (this.rcode ?? 0);
    if (question === undefined || this.rcode !== undefined) return { flags };
    const answers: Answer[] = [];
    let owner = question.name.toLowerCase();
    for (let hops = 0; hops < 20; hops += 1) {
      const own = this.records.filter((record) => record.name === owner && record.type === question.type);
      answers.push(...own);
      const alias = this.records.find((record) => record.name === owner && record.type === 'CNAME');
      if (own.length > 0 || alias?.type !== 'CNAME') break;
      answers.push(alias);
      owner = alias.data;
    }
    if (answers.some(({ type }) => type === question.type)) {
      return { flags, answers, additionals: question.type === 'SRV' ? this.additionals : [] };
    }
    const exists = this.records.some(({ name }) => name === owner || name.endsWith(`.${owner}`));
    return { flags: exists ? flags : flags | 3, answers, authorities: this.authority };
  }
}

/** The bytes of a response to a query. */
export function reply(query: DecodedPacket, packet: Packet): Buffer {
  return encode({ type: 'response', id: query.id, questions: query.questions, flags: RECURSION_AVAILABLE, ...packet });
}

/** The wire between a client and servers by their addresses. Each way takes five milliseconds. */
export class MemoryDns implements DnsNetwork {
  readonly #servers = new Map<string, MemoryDnsServer>();
  readonly #open = new Set<DnsChannelUser>();
  /** Milliseconds to a server, and the same back. */
  delay = 5;

  constructor(private readonly clock: Clock) {}

  /** Channels that nobody has closed. */
  get open(): number {
    return this.#open.size;
  }

  /** Sets a server up. Its address is all that it has: every port of it is the server's. */
  server(address: string, ...records: readonly string[]): MemoryDnsServer {
    const server = new MemoryDnsServer(zone(...records));
    this.#servers.set(address, server);
    return server;
  }

  datagrams(server: DnsServer, user: DnsChannelUser): DnsChannel {
    return this.#channel(server, user, 'udp');
  }

  stream(server: DnsServer, user: DnsChannelUser): DnsChannel {
    return this.#channel(server, user, 'tcp');
  }

  /** Something from nowhere reaches whoever waits for an answer now. */
  inject(bytes: Buffer): void {
    for (const user of [...this.#open]) user.message(bytes);
  }

  #channel({ address }: DnsServer, user: DnsChannelUser, over: 'udp' | 'tcp'): DnsChannel {
    this.#open.add(user);
    return {
      send: (message) => this.clock.after(millis(this.delay), 'DNS', () => this.#arrive(address, message, user, over)),
      close: () => this.#open.delete(user),
    };
  }

  #arrive(address: string, message: Buffer, user: DnsChannelUser, over: 'udp' | 'tcp'): void {
    const server = this.#servers.get(address);
    if (server === undefined) return;
    const query = decode(message);
    const [question] = query.questions ?? [];
    if (question !== undefined && !server.refuses) {
      const edns = (query.additionals ?? []).some(({ type }) => type === 'OPT');
      const { name, type } = question;
      server.asked.push({ at: this.clock.now(), id: query.id ?? 0, name, type, edns, over });
    }
    const answer = server.refuses ? undefined : server.answer(query, over);
    if (!server.refuses && answer === undefined) return;
    this.clock.after(millis(this.delay), 'DNS', () => {
      if (!this.#open.has(user)) return;
      if (answer === undefined) user.failed('nobody listens there');
      else user.message(answer);
    });
  }
}
