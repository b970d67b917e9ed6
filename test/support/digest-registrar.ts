// A registrar and proxy that wants digest credentials (RFC 7616 §3.4, MD5, qop=auth) for every REGISTER and INVITE, on a
// scripted phone's socket. The arithmetic is its own.

import { createHash } from 'node:crypto';
import type { SipMessage } from '../interop/rig/sip-text.ts';
import type { UdpPhone } from './udp-phone.ts';

const REALM = 'house';
const NONCE = 'dcd98b7102dd2f0e8b11d0f600bfb0c0';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

export class DigestRegistrar {
  /** Requests whose credentials were right. */
  readonly admitted: SipMessage[] = [];
  /** Requests whose credentials were wrong; those without any are not counted. */
  readonly refused: SipMessage[] = [];
  #bound = '';

  /** @param password of whatever user asks */
  constructor(
    private readonly phone: UdpPhone,
    private readonly password: string,
  ) {
    phone.onMessage = (message) => this.#take(message);
  }

  /** The INVITE that was let in. */
  async invite(): Promise<SipMessage> {
    const fits = (one: SipMessage): boolean => one.method === 'INVITE' && this.admitted.includes(one);
    return await this.phone.messages.find('INVITE with credentials', fits);
  }

  #take(message: SipMessage): void {
    if (message.method !== 'REGISTER' && message.method !== 'INVITE') return;
    const [status, ask, answer] =
      message.method === 'REGISTER'
        ? ([401, 'WWW-Authenticate', 'Authorization'] as const)
        : ([407, 'Proxy-Authenticate', 'Proxy-Authorization'] as const);
    const credentials = message.header(answer);
    if (credentials !== undefined && this.#isRight(credentials, message.method)) {
      this.admitted.push(message);
      if (status !== 401) return;
      // A question (RFC 3261 §10.2.3) has no Contact, and is answered with what is bound.
      this.#bound = message.header('Contact') ?? this.#bound;
      this.phone.respond(message, 200, { headers: [`Contact: ${this.#bound}`] });
      return;
    }
    if (credentials !== undefined) this.refused.push(message);
    const challenge = `${ask}: Digest realm="${REALM}", nonce="${NONCE}", algorithm=MD5, qop="auth"`;
    this.phone.respond(message, status, { headers: [challenge] });
  }

  #isRight(credentials: string, method: string): boolean {
    const field = (name: string): string => new RegExp(`[ ,]${name}="?([^",]+)"?`).exec(credentials)?.[1] ?? '';
    const secret = md5(`${field('username')}:${REALM}:${this.password}`);
    const subject = md5(`${method}:${field('uri')}`);
    return field('response') === md5(`${secret}:${NONCE}:${field('nc')}:${field('cnonce')}:auth:${subject}`);
  }
}
