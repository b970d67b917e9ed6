// A small check of SIP and MQTT URIs: enough to find a typing error at its line. The SIP stack parses them in full
// (RFC 3261 §19.1, §25.1); this layer may not import it.

import { isIPv4, isIPv6 } from 'node:net';
import { err, ok, type Result } from '../base/result.ts';
import { type Complaint, complaint } from './complaint.ts';
import { isHostName, parsePort } from './network.ts';

/** What the other checks want to know of a URI. */
export interface SipUriParts {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly host: string;
  readonly parameters: readonly { readonly name: string; readonly value: string | undefined }[];
}

/** RFC 3261 §25.1: unreserved, user-unreserved, escaped. */
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/;
/** RFC 3261 §25.1: pname and pvalue are paramchars. */
const PARAMETER = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;

type Fails = Result<never, Complaint>;
const fails = (what: string, mend: string): Fails => err(complaint(what, mend));

/**
 * RFC 3261 §25.1 host. Node compiles its great expression for IPv6 at the first use, 5 ms of a start: it is only asked
 * about what stands in brackets.
 */
function isHost(text: string): boolean {
  const [, inside] = /^\[([^\]]+)\]$/.exec(text) ?? [];
  if (inside !== undefined) return isIPv6(inside);
  return isIPv4(text) || isHostName(text);
}

/** RFC 3261 §25.1 hostport. */
function checkHostPort(text: string, example: string): Fails | undefined {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text) ?? [];
  if (text === '' || host === '') return fails('has no host', `write ${example}`);
  if (!isHost(host)) return fails('has a host that is neither a name nor an address', `write ${example}`);
  if (port !== undefined && parsePort(port) === undefined) {
    return fails('has a port that is not 1 to 65535', `leave ":${port.slice(0, 8)}" out, or correct it`);
  }
  return undefined;
}

/** RFC 3261 §19.1.1 userinfo: a user, and no password (§19.1.1: "NOT RECOMMENDED"; it would travel in clear). */
function checkUser(userinfo: string, example: string): Fails | undefined {
  if (userinfo.includes(':')) {
    return fails('has a password in the URI', 'take it out; the account has the key "password" for it');
  }
  return USER.test(userinfo)
    ? undefined
    : fails('has a user with characters that a URI may not hold', `write ${example}`);
}

function splitParameters(parts: readonly string[]): Result<SipUriParts['parameters'], Complaint> {
  const parameters: { name: string; value: string | undefined }[] = [];
  for (const part of parts) {
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(part) ?? [];
    if (!PARAMETER.test(name) || (value !== undefined && !PARAMETER.test(value))) {
      return fails('has a parameter that cannot be read', 'write ;name or ;name=value, as in ;transport=udp');
    }
    parameters.push({ name: name.toLowerCase(), value: value?.toLowerCase() });
  }
  return ok(parameters);
}

/** Reads `sip:user@host:port;parameters`. @param example what the mend shows for this key */
export function parseSipUri(text: string, example: string): Result<SipUriParts, Complaint> {
  const [, scheme, rest] = /^(sips?):(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    return fails('is not a SIP URI: it does not begin with sip:', `write ${example}`);
  }
  if (/[\s<>"]/.test(rest)) return fails('has a space, quote or angle bracket in it', `write ${example}`);
  // The user part may hold `;` and `?`, so what is behind the last @ is split first.
  const at = rest.lastIndexOf('@');
  const userinfo = at < 0 ? undefined : rest.slice(0, at);
  const [hostPort = '', ...parameterTexts] = rest.slice(at + 1).split(';');
  if (rest.slice(at + 1).includes('?')) return fails('has headers (?…), which cannot be called', 'leave them out');
  const wrong = (userinfo === undefined ? undefined : checkUser(userinfo, example)) ?? checkHostPort(hostPort, example);
  if (wrong !== undefined) return wrong;
  const parameters = splitParameters(parameterTexts);
  if (!parameters.ok) return parameters;
  return ok({
    scheme: scheme.toLowerCase() === 'sips' ? 'sips' : 'sip',
    user: userinfo,
    host: hostPort.replace(/:[0-9]*$/, ''),
    parameters: parameters.value,
  });
}

/**
 * Whom a button calls: a SIP URI, or a telephone number (RFC 3966 §3). A local number needs its context: without it
 * nobody could tell whose it is.
 */
export function checkCallTarget(text: string, example: string): Complaint | undefined {
  if (!/^tel:/i.test(text)) {
    const uri = parseSipUri(text, example);
    return uri.ok ? undefined : uri.error;
  }
  const [subscriber = '', ...parameters] = text.slice('tel:'.length).split(';');
  const digits = subscriber.replace(/[-.()]/g, '');
  const names = parameters.map((parameter) => parameter.split('=', 1)[0]?.toLowerCase() ?? '');
  if (/^\+[0-9]+$/.test(digits) && names.every(isParameterName)) return undefined;
  if (!/^\+?[0-9A-Fa-f*#]+$/.test(digits) || !names.every(isParameterName)) {
    return complaint('is no telephone number', 'write tel:+4930123456');
  }
  if (names.includes('phone-context') && !digits.startsWith('+')) return undefined;
  return complaint(
    'is a number that is not known everywhere',
    'write tel:+4930123456, or add ;phone-context=example.com',
  );
}

const isParameterName = (name: string): boolean => /^[a-z0-9-]+$/.test(name);

/** `mqtt://host[:port]` or `mqtts://host[:port]`, without credentials or path. */
export function checkMqttUrl(text: string): Result<string, Complaint> {
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/i.exec(text) ?? [];
  if (scheme === undefined || rest === undefined || !/^mqtts?$/i.test(scheme)) {
    return fails('is not a broker URL', 'write mqtt://host:1883 or mqtts://host:8883');
  }
  if (rest.includes('@')) return fails('has credentials in the URL', 'use the keys username and password');
  const hostPort = rest.replace(/\/$/, '');
  if (/[/?#\s]/.test(hostPort)) return fails('has a path, which a broker has not', 'write mqtt://host:1883');
  return checkHostPort(hostPort, 'mqtt://host:1883') ?? ok(text);
}
