// Messages to bytes: RFC 3261 §7.

import type { SipMessage } from './types.ts';

/**
 * Writes a message. Content-Length is always the body's, whatever the headers say, and stands last. Values have been
 * cleared of CR and LF when they were set (`SipHeaders`), so that none can begin a line of its own.
 */
export function serialize(message: SipMessage): Buffer {
  let head =
    message.kind === 'request'
      ? `${message.method} ${message.requestUri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  head += `${message.headers.lines}Content-Length: ${message.body.length}\r\n\r\n`;
  if (message.body.length === 0) return Buffer.from(head);
  const headLength = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(headLength + message.body.length);
  bytes.write(head);
  bytes.set(message.body, headLength);
  return bytes;
}
