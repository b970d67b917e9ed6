// A connection to where a URL leads: the name resolved, its addresses judged, TCP to the very one that was judged, and
// with https a server who is who the name says. Not a byte of the request is sent before.

import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { describeError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type AddressPolicy, type Hop, objection } from './address-policy.ts';
import { fault, type HttpFault, placeOf } from './fault.ts';
import type { HttpNetwork } from './network.ts';
import { handshakeFault } from './tls-faults.ts';
import { distrust, type HttpTls } from './trust.ts';
import type { Watch } from './watch.ts';

export interface ConnectOptions {
  readonly network: HttpNetwork;
  readonly tls: HttpTls;
  readonly policy: AddressPolicy;
  readonly now: Date;
  readonly builtAt: Date;
}

export interface Connection extends Hop {
  readonly socket: Socket;
}

/** More addresses of one name are not tried. */
const MOST_ADDRESSES = 4;

/** @param before the hop that sent us on */
export async function connect(
  url: URL,
  before: Hop | undefined,
  options: ConnectOptions,
  watch: Watch,
): Promise<Result<Connection, HttpFault>> {
  const addresses = await addressesOf(url, before, options, watch);
  if (!addresses.ok) return addresses;
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  let last: HttpFault = fault('unreachable', `${placeOf(url)} has no address that is gone to`);
  for (const address of addresses.value) {
    const tcp = await dial(address, port, options.network, watch);
    if (!tcp.ok) {
      last = tcp.error;
      continue;
    }
    if (url.protocol === 'http:') return ok({ url, address, socket: tcp.value });
    const secure = await secureSocket(tcp.value, url, options, watch);
    return secure.ok ? ok({ url, address, socket: secure.value }) : secure;
  }
  return err(watch.ended ?? last);
}

/** Those that may be gone to; the reason where none may. */
async function addressesOf(
  url: URL,
  before: Hop | undefined,
  { network, policy }: ConnectOptions,
  watch: Watch,
): Promise<Result<readonly string[], HttpFault>> {
  const host = hostOf(url);
  const found = isIP(host) === 0 ? await resolve(host, network, watch) : ok([host]);
  if (!found.ok) return found;
  const judged = found.value.slice(0, MOST_ADDRESSES).map((address) => {
    return { address, why: objection(url, address, policy, before) };
  });
  const fit = judged.filter(({ why }) => why === undefined).map(({ address }) => address);
  if (fit.length > 0) return ok(fit);
  const why = judged[0]?.why;
  if (why === undefined) return err(fault('no-address', `${host} has no address`));
  const route = before === undefined ? 'leads' : `, whereto ${before.url.host} sent us, leads`;
  return err(
    fault('forbidden', `${placeOf(url)} ${route} to where no profile is fetched from: ${why}`.replace(' ,', ',')),
  );
}

function resolve(host: string, network: HttpNetwork, watch: Watch): Promise<Result<readonly string[], HttpFault>> {
  return watch.step((done) => {
    network.resolve(host).then(
      // A zone (`fe80::1%eth0`) says by which interface; it is no part of what is judged.
      (addresses) => done(ok(addresses.filter((address) => isIP(address) !== 0 && !address.includes('%')))),
      (thrown: unknown) => done(err(fault('no-address', `${host} has no address: ${describeError(thrown)}`))),
    );
    return undefined;
  });
}

function dial(address: string, port: number, network: HttpNetwork, watch: Watch): Promise<Result<Socket, HttpFault>> {
  return watch.step((done) => {
    const socket = network.dial(address, port);
    // It stays: a socket that fails later, with nobody listening, would end the program.
    socket.on('error', (thrown) =>
      done(err(fault('unreachable', `${address} port ${port}: ${describeError(thrown)}`))),
    );
    socket.once('connect', () => done(ok(socket)));
    return () => socket.destroy();
  });
}

function secureSocket(
  tcp: Socket,
  url: URL,
  { tls, now, builtAt }: ConnectOptions,
  watch: Watch,
): Promise<Result<TLSSocket, HttpFault>> {
  const host = hostOf(url);
  return watch.step((done) => {
    const fail = (why: HttpFault): void => {
      tcp.destroy();
      done(err(why));
    };
    let secure: TLSSocket;
    try {
      secure = connectTls({
        socket: tcp,
        minVersion: 'TLSv1.2',
        ALPNProtocols: ['http/1.1'],
        // RFC 6066 §3: a name, never an address.
        servername: isIP(host) === 0 ? host : '',
        // Judged below, where the clock of the board and pins count too.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.certificate === undefined ? {} : { cert: tls.certificate, key: tls.key?.reveal() ?? tls.certificate }),
      });
    } catch (thrown) {
      fail(fault('tls-refused', `TLS cannot begin: ${describeError(thrown)}`, 'correct the certificates in tls'));
      return undefined;
    }
    secure.on('error', (thrown) => fail(handshakeFault(thrown, placeOf(url))));
    secure.once('close', () =>
      fail(fault('tls-refused', `${placeOf(url)}: the connection ended within the handshake`)),
    );
    secure.once('secureConnect', () => {
      const why = distrust(secure, { tls, host, now, builtAt });
      if (why === undefined) done(ok(secure));
      else fail(why);
    });
    return () => tcp.destroy();
  });
}

/** Without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
