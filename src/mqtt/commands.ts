// Bytes on a command topic ⇄ a command of the catalogue. Pure: may this be obeyed, and what does it say?

import type { CommandParameters } from '../api/commands.ts';
import { readVolume } from '../api/volume.ts';
import { err, ok, type Result } from '../base/result.ts';
import { MQTT_COMMANDS, type MqttCommandName } from '../config/index.ts';

export type MqttCommand = {
  [Name in MqttCommandName]: { readonly name: Name; readonly parameters: CommandParameters<Name> };
}[MqttCommandName];

/** How far a command's `time` may lie from ours, either way. */
const LONGEST_AGE_MS = 5_000;
/** No command of the catalogue needs more. */
const LONGEST_PAYLOAD = 1_024;

export interface CommandMessage {
  /** The topic's last segment. */
  readonly name: string;
  readonly payload: Buffer;
  readonly retained: boolean;
}

/**
 * Reads one message of `<prefix>/command/<name>`: JSON, or the bare name of a button or door as text.
 * @returns the command, or why it is not obeyed.
 */
export function readCommand(
  message: CommandMessage,
  rules: { readonly allowed: readonly string[]; readonly now: Date },
): Result<MqttCommand, string> {
  const { name, payload, retained } = message;
  if (!isMqttCommand(name)) return err(`there is no command "${printable(name)}"`);
  if (!rules.allowed.includes(name)) return err(`"${name}" is not listed in mqtt.commands`);
  if (retained) return err('it was retained: a command counts only at the moment in which it is sent');
  if (payload.length > LONGEST_PAYLOAD) return err(`its payload is longer than ${LONGEST_PAYLOAD} bytes`);
  const fields = readFields(payload.toString('utf8').trim());
  if (!fields.ok) return fields;
  const age = ageOf(fields.value.time, rules.now);
  if (!age.ok) return age;
  if (Math.abs(age.value) > LONGEST_AGE_MS)
    return err(`its time is ${Math.round(age.value / 1000)} s from ours, 5 s at most`);
  return toCommand(name, fields.value);
}

type Fields = { readonly [key: string]: unknown };

function isMqttCommand(name: string): name is MqttCommandName {
  const names: readonly string[] = MQTT_COMMANDS;
  return names.includes(name);
}

/** The fields of a JSON object; a bare text stands under the key `''`. */
function readFields(text: string): Result<Fields, string> {
  if (!text.startsWith('{')) return ok(text === '' ? {} : { '': text });
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? ok(value) : err('its payload is no JSON object');
  } catch {
    return err('its payload is no valid JSON');
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ageOf(time: unknown, now: Date): Result<number, string> {
  if (time === undefined) return ok(0);
  const sent = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(sent) ? err('its time is no ISO-8601 date') : ok(now.getTime() - sent);
}

function toCommand(name: MqttCommandName, fields: Fields): Result<MqttCommand, string> {
  const key = name === 'press' ? 'button' : name === 'transfer' ? 'uri' : 'door';
  const chosen = fields[key] ?? fields[''];
  if (chosen !== undefined && typeof chosen !== 'string') return err(`its ${key} is no text`);
  switch (name) {
    case 'answer':
    case 'hangup':
    case 'hold':
    case 'resume':
      return ok({ name, parameters: {} });
    case 'volume':
      return toVolume(fields);
    case 'transfer':
      return chosen === undefined ? err('it does not say to whom') : ok({ name, parameters: { uri: chosen } });
    case 'press':
      return ok({ name, parameters: chosen === undefined ? {} : { button: chosen } });
    case 'open':
      return ok({ name, parameters: chosen === undefined ? {} : { door: chosen } });
  }
}

/** `speaker 60`, `microphone mute`, or `{"side":"speaker","percent":60,"muted":false}`. */
function toVolume({ '': words, side, percent, muted }: Fields): Result<MqttCommand, string> {
  if (typeof words === 'string') {
    const asked = readVolume(words.split(/\s+/));
    return asked.ok ? ok({ name: 'volume', parameters: asked.value }) : err(asked.error);
  }
  if (side !== undefined && typeof side !== 'string') return err('its side is no text');
  if (percent !== undefined && typeof percent !== 'number') return err('its percent is no number');
  if (muted !== undefined && typeof muted !== 'boolean') return err('its muted is neither true nor false');
  return ok({
    name: 'volume',
    parameters: {
      ...(side === undefined ? {} : { side }),
      ...(percent === undefined ? {} : { percent }),
      ...(muted === undefined ? {} : { muted }),
    },
  });
}

/** A name from the network, made fit for one log line. */
function printable(text: string): string {
  return text.slice(0, 32).replace(/[^\x20-\x7e]/g, '?');
}
