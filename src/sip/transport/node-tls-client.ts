// Our side of TLS connections that we open: whom we ask for (SNI), and what is made of the certificate (RFC 5922 §7.3).
// A resumed session has the identity of the handshake that it goes back to: Node shows no certificate of it, though it
// says `authorized`. tls-sessions.ts keeps the two together.

import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { isIpAddress } from '../message/index.ts';
import type { Endpoint } from '../message/types.ts';
import type { NodeStreamSocket } from './node-stream-socket.ts';
import { hasShownKey, isPinnedAt, type PinnedServer, wantedAt } from './pinned-server.ts';
import { certificateOf, type TlsCredentials, tlsContext } from './tls-context.ts';
import { wrongIdentity, wrongKey } from './tls-faults.ts';
import { isGoodFor, sipIdentities } from './tls-identity.ts';
import { type TlsProof, type TlsSession, TlsSessions } from './tls-sessions.ts';

/** Speaks TLS to servers. */
export class NodeTlsClient {
  readonly #context: SecureContext;
  /** Those of these credentials alone. */
  readonly #sessions: TlsSessions;

  /** @throws DoorphoneError `bad-certificate` */
  constructor(
    credentials: TlsCredentials,
    clock: Clock,
    private readonly pinned?: PinnedServer,
  ) {
    this.#context = createSecureContext(tlsContext(credentials));
    this.#sessions = new TlsSessions(clock);
  }

  /** Begins TLS on a connection as soon as TCP has it. */
  secure(socket: Socket, stream: NodeStreamSocket, target: Endpoint): void {
    socket.once('connect', () => {
      stream.reached();
      const { serverName } = target;
      const known = this.#sessions.find(target);
      const secure = connect({
        socket,
        secureContext: this.#context,
        // RFC 6066 §3: a name, never an address.
        servername: serverName === undefined || isIpAddress(serverName) ? '' : serverName,
        // Where a key is enough it is judged below, and nothing has been sent by then.
        rejectUnauthorized: this.#pinOf(target)?.certified !== false,
        // What Node asks of names in certificates is HTTP's; RFC 5922 has its own, below.
        checkServerIdentity: () => undefined,
        ...(known === undefined ? {} : { session: known.ticket }),
      });
      stream.watch(secure);
      this.#followSession(secure, target, known, () => this.#prove(secure, stream, target, known?.proof));
    });
  }

  /**
   * Keeps the session for the next connection, once the server has proved itself: TLS 1.2 has it before that, TLS 1.3
   * after it, several at times.
   * @param prove gives what is proved, or refuses the connection
   */
  #followSession(
    secure: TLSSocket,
    target: Endpoint,
    known: TlsSession | undefined,
    prove: () => TlsProof | undefined,
  ): void {
    let proof: TlsProof | undefined;
    let early: Buffer | undefined;
    let connected = false;
    secure.on('session', (ticket: Buffer) => {
      if (proof === undefined) early = ticket;
      else this.#sessions.keep(target, { ticket, proof });
    });
    secure.once('secureConnect', () => {
      connected = true;
      proof = prove();
      if (proof !== undefined && early !== undefined) this.#sessions.keep(target, { ticket: early, proof });
    });
    secure.once('close', () => {
      if (known !== undefined && !connected) this.#sessions.avoid(target);
    });
  }

  /**
   * The chain is trusted, or Node would have ended the handshake; what remains is whether it is the right one. A session
   * that is resumed is that of the same target: what it was good for, it is good for still.
   */
  #prove(
    secure: TLSSocket,
    stream: NodeStreamSocket,
    target: Endpoint,
    known: TlsProof | undefined,
  ): TlsProof | undefined {
    const wanted = wantedAt(target);
    const resumed = secure.isSessionReused() ? known : undefined;
    const certificate = certificateOf(secure);
    stream.keyHash = certificate.keyHash();
    const pin = this.#pinOf(target);
    if (pin !== undefined && resumed === undefined && !hasShownKey(stream, pin)) {
      stream.refuse(wrongKey(target));
      return undefined;
    }
    if (pin?.certified === false) {
      // What else an unsigned certificate says that it is for is nobody's word.
      const proof = resumed ?? this.#sessions.proof([wanted.toLowerCase()], certificate.until);
      stream.secured(secure, proof.identities);
      return proof;
    }
    if (!secure.authorized || (resumed === undefined && !isGoodFor(certificate, wanted))) {
      stream.refuse(wrongIdentity(target, wanted, certificate));
      return undefined;
    }
    const proof = resumed ?? this.#sessions.proof(sipIdentities(certificate), certificate.until);
    stream.secured(secure, proof.identities);
    return proof;
  }

  #pinOf(target: Endpoint): PinnedServer | undefined {
    const { pinned } = this;
    return pinned !== undefined && isPinnedAt(pinned, target) ? pinned : undefined;
  }
}
