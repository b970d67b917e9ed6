// The messages that every parser is timed with: an INVITE with its offer, and a 401.

const sdp = [
  'v=0',
  'o=door 3905442389 3905442389 IN IP4 192.0.2.17',
  's=-',
  'c=IN IP4 192.0.2.17',
  't=0 0',
  'm=audio 16384 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR',
  'a=ptime:20',
  'a=maxptime:60',
  'a=sendrecv',
  'a=rtcp:16385',
  'a=ssrc:2890844526 cname:door@192.0.2.17',
  '',
].join('\r\n');

const invite = [
  'INVITE sip:101@pbx.example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK4f0c8d2a7be84d6fa3d01b6cf2b14c5a',
  'Via: SIP/2.0/UDP 192.0.2.17:5060;rport=5060;received=192.0.2.17;branch=z9hG4bK77ef4c2312983.1',
  'Record-Route: <sip:192.0.2.10;lr;ftag=1928301774;did=a31.8f2>',
  'Max-Forwards: 69',
  'From: "Front door" <sip:door@pbx.example.com>;tag=1928301774',
  'To: <sip:101@pbx.example.com>',
  'Call-ID: a84b4c76e66710f2b7@192.0.2.17',
  'CSeq: 314159 INVITE',
  'Contact: <sip:door@192.0.2.17:5060;transport=udp>;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"',
  'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, NOTIFY',
  'Supported: replaces, timer, outbound, path',
  'Session-Expires: 1800',
  'Min-SE: 90',
  'User-Agent: doorphone/0.1.0',
  'P-Asserted-Identity: "Front door" <sip:door@pbx.example.com>',
  'Accept: application/sdp, application/dtmf-relay',
  'Content-Type: application/sdp',
  `Content-Length: ${Buffer.byteLength(sdp)}`,
  '',
  sdp,
].join('\r\n');

const unauthorized = [
  'SIP/2.0 401 Unauthorized',
  'Via: SIP/2.0/UDP 192.0.2.17:5060;rport=5060;branch=z9hG4bK77ef4c2312983.1;received=192.0.2.17',
  'From: <sip:door@pbx.example.com>;tag=456248',
  'To: <sip:door@pbx.example.com>;tag=37GkEhwl6',
  'Call-ID: 843817637684230@998sdasdh09',
  'CSeq: 1826 REGISTER',
  'WWW-Authenticate: Digest realm="pbx.example.com", nonce="ZmYwYTEzNjA4ZTQ0ZDc1Nw==", algorithm=SHA-256, qop="auth"',
  'Server: proxy/5.7',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

export const SAMPLE_MESSAGES = { INVITE: invite, 401: unauthorized };
