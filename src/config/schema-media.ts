// `media`: the sound of a call on the network.

import * as v from 'valibot';
import { millis } from '../base/units.ts';
import { duration, key, packetTime, portRange, stunServer } from './values.ts';

/**
 * The order is what gets the most peers to encrypt. AES_CM_128_HMAC_SHA1_80 is the one that every implementation has
 * (RFC 4568 §6.2.1), and old phones read the first line only. GCM is for peers that allow nothing else; the short tag is
 * for gateways that have no other, and comes late as it is the weaker. AES-256 in counter mode is rare.
 */
const SUITES = [
  'AES_CM_128_HMAC_SHA1_80',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_256_GCM',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
] as const;

const CODECS = ['PCMA', 'PCMU', 'G722', 'opus', 'L16/16000', 'L16/8000'] as const;

export const media = v.strictObject({
  codecs: v.optional(
    key(v.pipe(v.array(v.picklist(CODECS)), v.minLength(1)), {
      title: 'Codecs',
      description:
        'The first is preferred. G722, opus and L16/16000 carry wideband; with one of them in the list the sound device ' +
        'is opened for it. opus needs the package libopus0.',
    }),
    ['PCMA', 'PCMU'],
  ),
  srtp: v.optional(
    key(v.picklist(['off', 'optional', 'required']), {
      title: 'Encrypted sound',
      description: 'SRTP (RFC 3711): never, where the peer takes it, or no call without it.',
    }),
    'optional',
  ),
  keying: v.optional(
    key(v.pipe(v.array(v.picklist(['sdes', 'dtls'])), v.minLength(1)), {
      title: 'How SRTP keys are agreed',
      description:
        'In the signalling (RFC 4568) or by a handshake beside the sound (RFC 5763). The first is offered, the next ' +
        'where that is refused; each is accepted.',
    }),
    ['sdes', 'dtls'],
  ),
  suites: v.optional(
    key(v.pipe(v.array(v.picklist(SUITES)), v.minLength(1)), {
      title: 'SRTP crypto suites',
      description:
        'For keys in the signalling. The first two are offered, in this order, so that an INVITE stays short; each is ' +
        'accepted.',
    }),
    [...SUITES],
  ),
  profile: v.optional(
    key(v.picklist(['avp', 'avpf']), {
      title: 'RTP profile of our offers',
      description: 'RFC 3551 or, for peers that insist on it, RFC 4585; either is accepted.',
    }),
    'avp',
  ),
  ports: v.optional(
    key(portRange, {
      title: 'RTP ports',
      description: 'A call takes an even port for RTP and the next for RTCP.',
      requiresRestart: true,
    }),
    '16384-16484',
  ),
  stun: v.optional(
    key(v.pipe(v.array(stunServer), v.maxLength(4)), {
      title: 'STUN servers',
      description:
        'For a door behind a NAT that calls through the Internet: up to four servers (`stun.example.com`, ' +
        '`192.0.2.7:3478`; without a port they are looked for by SRV) that say where the NAT shows its sound (RFC 8489). ' +
        'Phones with a public address are told of that place, those in the house of our own. With two of them a NAT that ' +
        'this cannot help with is noticed. None: it is off.',
      examples: [['stun.example.com']],
      requiresRestart: true,
    }),
    [],
  ),
  packetTime: v.optional(
    key(packetTime, { title: 'Packet time', description: 'Sound in one packet; a multiple of 10ms.' }),
    '20ms',
  ),
  playoutDelay: v.optional(
    key(
      v.strictObject({
        least: v.optional(
          key(duration(millis(0), millis(500)), {
            title: 'Least wait',
            description: 'Longer where a network’s jitter comes in bursts, and gaps are heard at each first one.',
          }),
          '1ms',
        ),
        most: v.optional(
          key(duration(millis(20), millis(500)), {
            title: 'Longest wait',
            description:
              'What comes later than that is not heard. Shorter where a quick answer matters more than gaps.',
          }),
          '200ms',
        ),
      }),
      {
        title: 'Playout delay',
        description:
          'How long packets wait for those that the network holds up: as long as its jitter asks for, between these bounds. ' +
          'Calls that begin after a reload have new ones.',
      },
    ),
    {},
  ),
  inbandDigits: v.optional(
    key(v.boolean(), {
      title: 'Digits in the sound',
      description:
        'Whether keys count that a phone sends as tones in its sound alone (ITU-T Q.23), as old gateways do. Phones that send ' +
        'RFC 4733 or INFO need it not, and what the microphone hears never counts.',
    }),
    false,
  ),
});
