// Whether what came can be a profile: by its type, or by its name where the type says nothing.

import { err, ok, type Result } from '../../../base/result.ts';

const PROFILE_TYPES = new Set([
  'application/yaml', // RFC 9512
  'application/x-yaml',
  'text/yaml',
  'text/x-yaml',
  'application/json',
  'text/json',
]);
/** Says nothing: a store that does not know YAML. */
const VAGUE_TYPES = new Set(['', 'text/plain', 'application/octet-stream', 'binary/octet-stream']);

/**
 * The text of a profile.
 * @param contentType as the header has it @param path whose end counts where the type is vague; undefined: it has none
 * @returns a sentence where it is none
 */
export function readText(data: Buffer, contentType: string, path: string | undefined): Result<string, string> {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isProfile = PROFILE_TYPES.has(type) || /^application\/[\w.-]+\+(?:json|yaml)$/.test(type);
  if (!isProfile && !VAGUE_TYPES.has(type)) {
    const hint = type === 'text/html' ? ': a page for people, as of a log-in' : '';
    return err(`is ${type.slice(0, 64)}${hint}, not YAML or JSON`);
  }
  if (!isProfile && path !== undefined && !/\.(?:ya?ml|json)$/i.test(path)) {
    return err('says neither by its type nor by its name that it is YAML or JSON');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data);
    return text.includes('\0') ? err('is no text') : ok(text);
  } catch {
    return err('is no text in UTF-8');
  }
}
