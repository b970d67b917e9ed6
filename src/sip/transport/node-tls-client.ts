// Our side of TLS connections that we open: whom we ask for (SNI), and what is made of the certificate (RFC 5922 §7.3).
// Sessions are not resumed: each connection proves anew who its server is, and that its certificate has not ended.

import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { isIpAddress } from '../message/index.ts';
import type { Endpoint } from '../message/types.ts';
import type { NodeStreamSocket } from './node-stream-socket.ts';
import { certificateOf, type TlsCredentials, tlsContext } from './tls-context.ts';
import { wrongIdentity } from './tls-faults.ts';
import { isGoodFor, sipIdentities } from './tls-identity.ts';

/** Speaks TLS to servers. */
export class NodeTlsClient {
  readonly #context: SecureContext;

  /** @throws DoorphoneError `bad-certificate` */
  constructor(credentials: TlsCredentials) {
    this.#context = createSecureContext(tlsContext(credentials));
  }

  /** Begins TLS on a connection as soon as TCP has it. */
  secure(socket: Socket, stream: NodeStreamSocket, target: Endpoint): void {
    socket.once('connect', () => {
      stream.reached();
      const { serverName } = target;
      const secure = connect({
        socket,
        secureContext: this.#context,
        // RFC 6066 §3: a name, never an address.
        servername: serverName === undefined || isIpAddress(serverName) ? '' : serverName,
        rejectUnauthorized: true,
        // What Node asks of names in certificates is HTTP's; RFC 5922 has its own, below.
        checkServerIdentity: () => undefined,
      });
      stream.watch(secure);
      secure.once('secureConnect', () => verify(secure, stream, target));
    });
  }
}

/** The chain is trusted, or Node would have ended the handshake; what remains is whether it is the right one. */
function verify(secure: TLSSocket, stream: NodeStreamSocket, target: Endpoint): void {
  const certificate = certificateOf(secure);
  const wanted = target.serverName ?? target.address;
  if (secure.authorized && isGoodFor(certificate, wanted)) stream.secured(secure, sipIdentities(certificate));
  else stream.refuse(wrongIdentity(target, wanted, certificate));
}
