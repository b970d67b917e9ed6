// Takes the messages out of an RFC's text: RFC 4475 (appendix A) and RFC 5118 (appendix A) carry theirs, bit for bit, as
// a compressed archive in Base64 between two marks. The appendices lie beside this file as the RFCs print them.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const BEGIN = '-- BEGIN MESSAGE ARCHIVE --';
const END = '-- END MESSAGE ARCHIVE --';

/** An archive is made of blocks of this size, in octets (POSIX.1-1988, ustar). */
const BLOCK = 512;
const NAME_LENGTH = 100;
const SIZE_AT = 124;
const SIZE_LENGTH = 12;
const TYPE_AT = 156;
/** `0`, or nothing in the oldest archives. */
const REGULAR_FILES = ['0', '\0'];

/**
 * Every message of an RFC's archive by its file's name without `.dat`.
 * @param text of the RFC, or of the appendix alone; page breaks may stand in it
 */
export function extractMessages(text: string): ReadonlyMap<string, Buffer> {
  const archive = gunzipSync(Buffer.from(base64Block(text), 'base64'));
  const messages = new Map<string, Buffer>();
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    const name = textAt(header, 0, NAME_LENGTH);
    if (name === '') break;
    const size = Number.parseInt(textAt(header, SIZE_AT, SIZE_LENGTH), 8);
    const start = at + BLOCK;
    if (REGULAR_FILES.includes(String.fromCharCode(header[TYPE_AT] ?? 0))) {
      messages.set(name.replace(/^.*\//, '').replace(/\.dat$/, ''), archive.subarray(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return messages;
}

/** The messages of an RFC whose appendix lies beside this file. */
export function messagesOf(rfc: 4475 | 5118): ReadonlyMap<string, Buffer> {
  return extractMessages(readFileSync(new URL(`./rfc${rfc}-appendix-a.txt`, import.meta.url), 'latin1'));
}

/** Lines of one word between the marks, as the RFCs' own script has it: headings and footers of pages have several. */
function base64Block(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const begin = lines.lastIndexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error('the text has no message archive');
  return lines
    .slice(begin + 1, end)
    .filter((line) => /^\S+$/.test(line))
    .join('');
}

function textAt(block: Buffer, at: number, length: number): string {
  return block
    .subarray(at, at + length)
    .toString('latin1')
    .replace(/[\0 ].*$/s, '');
}
