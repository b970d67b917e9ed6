// application/reginfo+xml, read (RFC 3680 §5): what a registrar has bound to an address of record.

import { err, ok, type Result } from '../../../base/result.ts';
import { readXml, type XmlNode } from '../xml-reader.ts';

export const REGINFO_TYPE = 'application/reginfo+xml';
const NAMESPACE = 'urn:ietf:params:xml:ns:reginfo';

export interface RegisteredContact {
  readonly uri: string;
  readonly state: 'active' | 'terminated';
  /** Why it is so: `registered`, `expired`, `deactivated`, `probation`, `rejected`, … */
  readonly event: string;
}

export interface RegistrationInfo {
  readonly version: number;
  /** False: only what has changed. */
  readonly full: boolean;
  /** Of all addresses of record in the document. */
  readonly contacts: readonly RegisteredContact[];
}

/** Reads a document; the error is a sentence. What it does not know, it passes over (§5.1). */
export function readReginfo(data: Buffer): Result<RegistrationInfo, string> {
  const root = readXml(data);
  if (!root.ok) return root;
  if (!isOurs(root.value, 'reginfo')) return err('the document is no reginfo');
  const { attributes, children } = root.value;
  const version = attributes.get('version') ?? '';
  const state = attributes.get('state');
  if (!/^\d{1,10}$/.test(version) || (state !== 'full' && state !== 'partial'))
    return err('version or state is missing');
  const contacts = children
    .filter((child) => isOurs(child, 'registration'))
    .flatMap((registration) => registration.children.flatMap(contactIn));
  return ok({ version: Number(version), full: state === 'full', contacts });
}

function contactIn(node: XmlNode): RegisteredContact[] {
  const state = node.attributes.get('state');
  const uri = node.children.find((child) => isOurs(child, 'uri'))?.text;
  if (!isOurs(node, 'contact') || uri === undefined || (state !== 'active' && state !== 'terminated')) return [];
  return [{ uri, state, event: node.attributes.get('event') ?? '' }];
}

const isOurs = ({ name, namespace }: XmlNode, wanted: string): boolean => name === wanted && namespace === NAMESPACE;
