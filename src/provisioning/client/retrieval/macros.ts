// The places in a URL that each device fills with what is its own, in the spellings of the field's servers; and the names
// that are tried where a URL names only a folder.

import { err, ok, type Result } from '../../../base/result.ts';

/** What a device says of itself when it fetches. */
export interface FetchingDevice {
  /** Twelve small hexadecimal digits; undefined: the machine has no hardware address. */
  readonly mac?: string;
  /** Without `urn:uuid:`. */
  readonly uuid?: string;
  readonly vendor: string;
  readonly model: string;
  readonly version: string;
  /** As packages name processors: `arm64`. */
  readonly arch?: string;
}

/** By the name between the braces. */
const BRACED: { readonly [name: string]: (device: FetchingDevice) => string | undefined } = {
  mac: ({ mac }) => mac,
  MAC: ({ mac }) => mac?.toUpperCase(),
  uuid: ({ uuid }) => uuid,
  vendor: ({ vendor }) => vendor,
  model: ({ model }) => model,
  MODEL: ({ model }) => model.toUpperCase(),
  version: ({ version }) => version,
  fwver: ({ version }) => version,
  arch: ({ arch }) => arch,
};

/** Written with a dollar sign: these alone, since a dollar sign may stand in any URL (RFC 3986 §2.2). */
const DOLLAR: { readonly [name: string]: (device: FetchingDevice) => string | undefined } = {
  mac: ({ mac }) => mac,
  MAC: ({ mac }) => mac?.toUpperCase(),
  PN: ({ model }) => model,
  model: ({ model }) => model,
  MODEL: ({ model }) => model.toUpperCase(),
};

/** @returns the URL, or a sentence: what in it cannot be filled */
export function expandMacros(url: string, device: FetchingDevice): Result<string, string> {
  const missing: string[] = [];
  const fill = (whole: string, value: string | undefined): string => {
    if (value === undefined || value === '') missing.push(whole);
    return encodeURIComponent(value ?? '');
  };
  const filled = url
    .replace(/%7b/gi, '{')
    .replace(/%7d/gi, '}')
    .replace(/\{([A-Za-z]{1,16})\}/g, (whole, name: string) => fill(whole, macro(BRACED, name)?.(device)))
    .replace(/\$(mac|MAC|PN|model|MODEL)(?![A-Za-z])/g, (whole, name: string) =>
      fill(whole, macro(DOLLAR, name)?.(device)),
    );
  const [first] = missing;
  return first === undefined ? ok(filled) : err(`its address has ${first}, which this device cannot fill in`);
}

function macro(table: typeof BRACED, name: string): ((device: FetchingDevice) => string | undefined) | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * Where a profile is looked for: the URL itself, or where it names a folder, the device's file in it, its model's, the one
 * for all. The first that is there is the profile; which layers make it up is the server's business.
 */
export function candidatesOf(url: URL, { mac, uuid, model }: FetchingDevice): readonly URL[] {
  if (!url.pathname.endsWith('/')) return [url];
  const names = [...(mac === undefined ? [] : [mac]), ...(uuid === undefined ? [] : [uuid]), model, 'common'];
  return [...new Set(names)].map((name) => {
    const file = new URL(url);
    file.pathname += `${encodeURIComponent(name)}.yaml`;
    return file;
  });
}

/** Servers of the field look for the hardware address in it, at its end and in small letters. */
export function userAgentOf({ model, version, mac, uuid }: FetchingDevice): string {
  return ['doorphone', model, version, mac ?? uuid ?? '']
    .map((part) => part.replace(/[^\x21-\x7e]+/g, '-').slice(0, 64))
    .filter((part) => part !== '')
    .join(' ');
}
