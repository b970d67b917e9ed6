// The profiles' files over HTTP: each by a path that nobody can guess, with an ETag, so that what has not changed is not
// sent again (RFC 9110 §13.1.2). It knows nothing of sockets: an app hands its requests in.

import type { Log } from '../../base/log.ts';
import { REPORT_HEADER, readReport } from '../event/index.ts';
import { isDeviceId } from './device-identity.ts';
import type { DevicePasswords, Shown } from './device-passwords.ts';
import type { DeviceStore } from './device-store.ts';
import type { Fleet, ProfileDocument } from './fleet.ts';
import type { LoadGuard } from './load-guard.ts';
import type { SharedProfiles } from './shared-profiles.ts';

/** What of a request counts here. */
export interface FileRequest {
  readonly method: string;
  /** As the request line has it. */
  readonly path: string;
  readonly address: string;
  /** Whether it came over TLS. */
  readonly secure?: boolean;
  header(name: string): string | undefined;
}

export interface FileResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface FileServiceOptions {
  readonly fleet: Fleet;
  readonly shared: SharedProfiles;
  readonly store: DeviceStore;
  readonly log: Log;
  /** Whether a device may ask for its file by its name alone: on a network where that is no secret. */
  readonly plainNames: boolean;
  readonly guard: LoadGuard;
  readonly passwords: DevicePasswords;
}

const NO_BODY = Buffer.alloc(0);

/** Path of a file: a device's has its name, so that its owner finds it in a log. */
export const profilePath = (token: string, id: string): string => `/${token}/${isDeviceId(id) ? id : 'profile'}.yaml`;

/** Answers requests for profiles. */
export class FileService {
  constructor(private readonly options: FileServiceOptions) {}

  answer(request: FileRequest): FileResponse {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405, { Allow: 'GET, HEAD' });
    const shown = this.options.passwords.file(request);
    if (!shown.ok) return refusal(shown.error.status, shown.error.headers);
    const wait = this.options.guard.refuse(`${request.address} ${request.path}`);
    if (wait !== undefined) return refusal(503, { 'Retry-After': String(wait) });
    // That of a device that waits for its owner's word is as if it were not there.
    const profile = this.#profileOf(request, shown.value);
    if (profile === undefined) return refusal(404);
    const { proof } = shown.value;
    const etag = `"${profile.serial}-${profile.fingerprint.slice(0, 16)}"`;
    const headers = { ETag: etag, 'Cache-Control': 'private, no-cache' };
    const known = request
      .header('if-none-match')
      ?.split(',')
      .map((tag) => tag.trim().replace(/^W\//, ''));
    if (known?.includes(etag) === true || known?.includes('*') === true) {
      return { status: 304, headers: { ...headers, ...Object.fromEntries(proof(NO_BODY)) }, body: NO_BODY };
    }
    this.options.log.debug('fleet.fetched', { from: request.address, serial: profile.serial });
    const body = request.method === 'HEAD' ? NO_BODY : profile.text;
    const content = { 'Content-Type': 'application/yaml', 'Content-Length': String(profile.text.length) };
    return { status: 200, headers: { ...headers, ...content, ...Object.fromEntries(proof(body)) }, body };
  }

  #profileOf(request: FileRequest, shown: Shown): ProfileDocument | undefined {
    const token = /^\/([0-9a-f]{32})\/profile\.yaml$/.exec(request.path.split('?', 1)[0] ?? '')?.[1];
    if (token !== undefined) return this.options.shared.profileOfToken(token);
    const id = this.#deviceOf(request, shown);
    return id === undefined ? undefined : this.options.fleet.profileOf(id);
  }

  /** Whose file is asked for; the device has shown itself by it. */
  #deviceOf({ path, address, header }: FileRequest, shown: Shown): string | undefined {
    const { fleet, store, plainNames, passwords } = this.options;
    const [, token, id = ''] =
      /^\/(?:([0-9a-f]{32})\/)?([0-9a-f-]{12,36})\.(?:yaml|json)$/.exec(path.split('?', 1)[0] ?? '') ?? [];
    if (!isDeviceId(id)) return undefined;
    if (token === undefined ? !plainNames : store.deviceOfToken(token)?.id !== id) return undefined;
    if (!passwords.isDevice(shown, id, 'http')) return undefined;
    const report = readReport(header(REPORT_HEADER.toLowerCase()) ?? '');
    return fleet.see({ id, address, ...(report === undefined ? {} : { report }) })?.id;
  }
}

function refusal(status: number, headers: Readonly<Record<string, string>> = {}): FileResponse {
  return { status, headers: { ...headers, 'Content-Length': '0' }, body: NO_BODY };
}
