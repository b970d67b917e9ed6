// What passes on the test's network, read from a capture as it happens: an eye that belongs to none of the peers.

import { createWriteStream } from 'node:fs';
import type { Sound } from '../../support/audio-analysis.ts';
import type { Network } from './network.ts';
import { type Datagram, PcapReader } from './pcap.ts';
import { Program } from './program.ts';
import { decodeG711, parseRtp, type RtpPacket } from './rtp.ts';
import { describeSip, parseSip, type SipMessage } from './sip-text.ts';
import { Stream } from './stream.ts';
import { TcpMessages } from './tcp-stream.ts';

/** A running capture of all UDP and TCP at the switch. */
export class Wire {
  readonly sip = new Stream<SipMessage>('wire', describeSip);
  readonly rtp: RtpPacket[] = [];
  readonly #program: Program;

  private constructor(network: Network, logFolder: string) {
    const file = createWriteStream(`${logFolder}/wire.pcap`);
    const streams = new TcpMessages((message) => this.#take(message, 'tcp'));
    const reader = new PcapReader({
      datagram: (datagram) => this.#take(datagram, 'udp'),
      segment: (segment) => streams.segment(segment),
    });
    // Only frames that come in: on "any" of a switch each frame would be seen again when it goes out.
    this.#program = new Program({
      name: 'wire',
      logFolder,
      command: [
        ...(['ip', 'netns', 'exec', network.switchNamespace, 'tcpdump', '-i', 'any', '-Q', 'in'] as const),
        ...([
          '-y',
          'LINUX_SLL',
          '-B',
          '8192',
          '-n',
          '-U',
          '--immediate-mode',
          '-w',
          '-',
          '(ip or ip6) and (udp or tcp)',
        ] as const),
      ],
      onOutput: (chunk) => {
        file.write(chunk);
        reader.write(chunk);
      },
    });
  }

  /** Begins to capture; nothing that is sent afterwards is missed. */
  static async tap(network: Network, logFolder: string): Promise<Wire> {
    const wire = new Wire(network, logFolder);
    await wire.#program.lines.find('start of the capture', (line) => line.includes('listening on'));
    return wire;
  }

  /** RTP packets from one address, of one payload type or of all. */
  rtpFrom(address: string, payloadType?: number): RtpPacket[] {
    return this.rtp.filter(
      (packet) => packet.from.address === address && (payloadType === undefined || packet.payloadType === payloadType),
    );
  }

  /** What a listener without any jitter buffer would hear of the G.711 that `address` sent after `sinceMs`. */
  voiceFrom(address: string, sinceMs = 0): Sound {
    return decodeG711(this.rtp.filter((packet) => packet.from.address === address && packet.atMs >= sinceMs));
  }

  /** Requests of one method that left an address, retransmissions included. */
  requests(method: string, from: string): SipMessage[] {
    return this.sip.all((message) => message.method === method && message.from.address === from);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  #take(datagram: Datagram, protocol: 'udp' | 'tcp'): void {
    const message = parseSip(datagram, protocol);
    const packet = message === undefined ? parseRtp(datagram) : undefined;
    if (message !== undefined) this.sip.push(message);
    if (packet !== undefined) this.rtp.push(packet);
  }
}
