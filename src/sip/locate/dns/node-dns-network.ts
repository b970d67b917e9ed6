// UDP and TCP to DNS servers by node:dgram and node:net. Only src/app makes one.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { describeError } from '../../../base/errors.ts';
import type { DnsChannel, DnsChannelUser, DnsNetwork, DnsServer } from './network.ts';

type LookupCallback = (error: Error | null, address: string, family: number) => void;

/** Every address here is numeric: no resolver is asked on the way to a resolver. */
function numericLookup(address: string, _options: unknown, callback: LookupCallback): void {
  callback(null, address, address.includes(':') ? 6 : 4);
}

/** The length that goes before each message over TCP (RFC 1035 §4.2.2). */
const LENGTH_OCTETS = 2;

/** The machine's network. */
export class NodeDnsNetwork implements DnsNetwork {
  datagrams({ address, port }: DnsServer, user: DnsChannelUser): DnsChannel {
    const type = address.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, lookup: numericLookup });
    let closed = false;
    const fail = (reason: string): void => {
      if (!closed) user.failed(reason);
    };
    socket.on('error', (error) => fail(describeError(error)));
    socket.on('message', (bytes) => {
      if (!closed) user.message(bytes);
    });
    // Connected, the kernel hands over what that server sends and nothing else, and tells of ICMP errors. The port that
    // it is bound to is the kernel's choice, at random.
    try {
      socket.connect(port, address);
    } catch (thrown) {
      setImmediate(() => fail(describeError(thrown)));
    }
    return {
      send: (message) => {
        try {
          socket.send(message, (error) => {
            if (error) fail(describeError(error));
          });
        } catch (thrown) {
          setImmediate(() => fail(describeError(thrown)));
        }
      },
      close: () => {
        if (closed) return;
        closed = true;
        socket.close();
      },
    };
  }

  stream({ address, port }: DnsServer, user: DnsChannelUser): DnsChannel {
    const socket = connect({ host: address, port, lookup: numericLookup });
    let received = Buffer.alloc(0);
    let closed = false;
    const fail = (reason: string): void => {
      if (closed) return;
      closed = true;
      socket.destroy();
      user.failed(reason);
    };
    socket.on('error', (error) => fail(describeError(error)));
    socket.on('close', () => fail('closed'));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      while (!closed && received.length >= LENGTH_OCTETS) {
        const end = LENGTH_OCTETS + received.readUInt16BE(0);
        if (received.length < end) return;
        const message = received.subarray(LENGTH_OCTETS, end);
        received = received.subarray(end);
        user.message(message);
      }
    });
    return {
      send: (message) => {
        const length = Buffer.alloc(LENGTH_OCTETS);
        length.writeUInt16BE(message.length);
        socket.write(Buffer.concat([length, message]));
      },
      close: () => {
        closed = true;
        socket.destroy();
      },
    };
  }
}
