// The character classes of RFC 3261 §25.1 as one table of flags.

export const SPACE = 0x20;
export const TAB = 0x09;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;

const TOKEN = 1;
const DIGIT = 2;
const ALPHA = 4;
const HOST = 16;
const PLAIN = 32;
const URI = 64;

const flags = new Uint8Array(128);

function mark(characters: string, flag: number): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    flags[code] = (flags[code] ?? 0) | flag;
  }
}

const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
mark(digits, DIGIT | TOKEN | HOST);
mark(letters, ALPHA | TOKEN | HOST);
mark("-.!%*_+`'~", TOKEN);
// The underscore is no part of a host name by RFC 1123, but names of containers and of Windows machines have it.
mark('-._', HOST);
for (let code = SPACE + 1; code < 0x7f; code += 1) {
  const character = String.fromCharCode(code);
  if (!';,"<>'.includes(character)) mark(character, PLAIN);
  if (!'"<>'.includes(character)) mark(character, URI);
}

/**
 * The code at an index; 0 behind the text, which belongs to no class and separates nothing. `charCodeAt` gives NaN
 * there, and a call that has once done so costs twice as much from then on: V8 no longer compiles it to a load.
 */
export const codeAt = (text: string, at: number): number => (at < text.length ? text.charCodeAt(at) : 0);

const has = (code: number, flag: number): boolean => code < 128 && ((flags[code] ?? 0) & flag) !== 0;

/** `token` of §25.1. */
export const isTokenCode = (code: number): boolean => has(code, TOKEN);
export const isDigitCode = (code: number): boolean => has(code, DIGIT);
export const isAlphaCode = (code: number): boolean => has(code, ALPHA);
/** What a host name or an IPv4 address is made of. */
export const isHostCode = (code: number): boolean => has(code, HOST);
/** What may stand in a parameter's value without quotes: all but white space, control characters and `;` `,` `"` `<` `>`. */
export const isPlainCode = (code: number): boolean => code >= 128 || has(code, PLAIN);
/** What may stand in a URI between `<` and `>`, whatever its scheme. */
export const isUriCode = (code: number): boolean => code >= 128 || has(code, URI);
export const isSpaceCode = (code: number): boolean => code === SPACE || code === TAB;
/** Whether all of a non-empty text is a token. */
export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (!isTokenCode(text.charCodeAt(at))) return false;
  return text.length > 0;
}

/** Whether a text has white space or a control character: such a text may not stand in a start line or a URI. */
export function hasSpaceOrControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === 0x7f) return true;
  }
  return false;
}

/** Whether a text has one of Unicode's control characters (Cc). */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < SPACE || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/**
 * A text that may stand in one header line: every run of CR and LF, with the white space around it, has become one
 * space, as folding would read (§7.3.1), so that no value can begin a header of its own.
 */
export function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[ \t]*[\r\n][ \t\r\n]*/g, ' ').trim() : text;
}
