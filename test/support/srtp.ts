// SRTP with AES_CM_128_HMAC_SHA1_80 (RFC 3711) written for tests from the RFC's text, over node:crypto: a peer that
// shares no line with the engine. One SSRC each way, less than 2^16 packets: the rollover counter stays zero.

import { createCipheriv, createHmac } from 'node:crypto';

const TAG_BYTES = 10;

/** §4.3.1: the label stands in byte 7 of the salt's 14; the key derivation rate is zero. */
function derive(master: Buffer, label: number, length: number): Buffer {
  const vector = Buffer.alloc(16);
  master.copy(vector, 0, 16, 30);
  vector.writeUInt8(vector.readUInt8(7) ^ label, 7);
  return createCipheriv('aes-128-ctr', master.subarray(0, 16), vector).update(Buffer.alloc(length));
}

class Keys {
  readonly cipher: Buffer;
  readonly authentication: Buffer;
  readonly salt: Buffer;

  /** @param key base64 of master key and salt (RFC 4568 §6.1) */
  constructor(key: string) {
    const master = Buffer.from(key, 'base64');
    if (master.length !== 30) throw new Error('an SRTP key has 30 bytes');
    this.cipher = derive(master, 0, 16);
    this.authentication = derive(master, 1, 20);
    this.salt = derive(master, 2, 14);
  }

  /** §4.1.1: the key stream over the payload; the same both ways. */
  crypt(packet: Buffer): Buffer {
    const vector = Buffer.alloc(16);
    this.salt.copy(vector);
    const mix = (value: number, at: number): void => {
      vector.writeUInt8(vector.readUInt8(at) ^ value, at);
    };
    for (let index = 0; index < 4; index += 1) mix(packet.readUInt8(8 + index), 4 + index);
    for (let index = 0; index < 2; index += 1) mix(packet.readUInt8(2 + index), 12 + index);
    const payload = createCipheriv('aes-128-ctr', this.cipher, vector).update(packet.subarray(12));
    return Buffer.concat([packet.subarray(0, 12), payload]);
  }

  /** §4.2: over the packet and the rollover counter. */
  tag(packet: Buffer): Buffer {
    return createHmac('sha1', this.authentication)
      .update(packet)
      .update(Buffer.alloc(4))
      .digest()
      .subarray(0, TAG_BYTES);
  }
}

export class SrtpSender {
  readonly #keys: Keys;

  constructor(key: string) {
    this.#keys = new Keys(key);
  }

  protect(packet: Buffer): Buffer {
    const encrypted = this.#keys.crypt(packet);
    return Buffer.concat([encrypted, this.#keys.tag(encrypted)]);
  }
}

export class SrtpReceiver {
  readonly #keys: Keys;

  constructor(key: string) {
    this.#keys = new Keys(key);
  }

  /** The packet; undefined when it is not authentic. */
  unprotect(bytes: Buffer): Buffer | undefined {
    if (bytes.length < 12 + TAG_BYTES) return undefined;
    const packet = bytes.subarray(0, -TAG_BYTES);
    return this.#keys.tag(packet).equals(bytes.subarray(-TAG_BYTES)) ? this.#keys.crypt(packet) : undefined;
  }
}
