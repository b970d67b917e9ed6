// The commands that control socket, command line, MQTT and panel translate, and the registry of what carries them out.

import type { CalibrationReport } from './calibration.ts';
import type { ProvisioningReport } from './provisioning.ts';
import type { StateReport } from './state.ts';
import type { VolumeChange, VolumeReport } from './volume.ts';

/** Command name → what it takes and what it gives. */
export interface CommandTypes {
  press: { parameters: { button?: string }; result: { button: string } };
  call: { parameters: { uri: string }; result: { call: string } };
  answer: { parameters: Record<never, never>; result: { call: string } };
  hangup: { parameters: Record<never, never>; result: { call: string } };
  hold: { parameters: Record<never, never>; result: { call: string } };
  resume: { parameters: Record<never, never>; result: { call: string } };
  /** Has somebody else talk with the visitor: who does is in the call `next`, once they answer. */
  transfer: { parameters: { uri: string }; result: { call: string; next: string } };
  dtmf: { parameters: { digits: string }; result: { digits: number } };
  open: { parameters: { door?: string }; result: { door: string; forMs: number } };
  line: { parameters: { line: string; active?: boolean }; result: { line: string; active: boolean } };
  /** Shows how loud both sides are; with a level, sets the side's until the next start. */
  volume: { parameters: VolumeChange; result: VolumeReport };
  /** Measures the way from the loudspeaker to the microphone, for some seconds. */
  calibrate: { parameters: Record<never, never>; result: CalibrationReport };
  status: { parameters: Record<never, never>; result: StateReport };
  /** What servers know the board by, and `key`: what secrets for it are encrypted to. */
  identity: { parameters: Record<never, never>; result: { device: string; mac: string | null; key: string } };
  /** What is provisioned; `now`: and looks for a newer profile. */
  provision: { parameters: { now?: boolean }; result: ProvisioningReport };
  /** Back to an unprovisioned board; its own file stays. */
  reset: { parameters: Record<never, never>; result: { waits: boolean } };
  /** `waits`: parts must be restarted, which is done as soon as no call is up and no door is open. */
  reload: { parameters: Record<never, never>; result: { file: string; waits?: true } };
}

export type CommandName = keyof CommandTypes;
export type CommandParameters<Name extends CommandName> = CommandTypes[Name]['parameters'];
export type CommandResult<Name extends CommandName> = CommandTypes[Name]['result'];

/** Who asks; it stands in events as `by`. */
export type CommandOrigin = 'control' | 'mqtt' | 'panel' | 'demo';

/** Thrown or returned by a handler that refuses: one sentence for a person. */
export interface CommandRefusal {
  /** Stable, for programs: `no-call`, `unknown-button`, `busy`. */
  readonly code: string;
  readonly message: string;
}

export type CommandOutcome<Name extends CommandName> =
  | { readonly ok: true; readonly result: CommandResult<Name> }
  | { readonly ok: false; readonly error: CommandRefusal };

export type CommandHandler<Name extends CommandName> = (
  parameters: CommandParameters<Name>,
  origin: CommandOrigin,
) => CommandOutcome<Name> | Promise<CommandOutcome<Name>>;

type Handlers = { [Name in CommandName]?: CommandHandler<Name> };

/** Which code carries out which command. The adapters only ever see this. */
export class CommandRegistry {
  readonly #handlers: Handlers = {};

  /** @throws Error when the command has a handler already: a fault of the program. */
  handle<Name extends CommandName>(name: Name, handler: CommandHandler<Name>): void {
    if (this.#handlers[name] !== undefined) throw new Error(`command ${name} has a handler already`);
    this.#handlers[name] = handler as Handlers[Name];
  }

  /** Carries out a command; a handler that throws is a refusal, never a crash. */
  async execute<Name extends CommandName>(
    name: Name,
    parameters: CommandParameters<Name>,
    origin: CommandOrigin,
  ): Promise<CommandOutcome<Name>> {
    const handler: CommandHandler<Name> | undefined = this.#handlers[name];
    if (handler === undefined) return refuse('unavailable', `this service does not carry out "${name}"`);
    try {
      return await handler(parameters, origin);
    } catch (thrown) {
      return refuse('failed', thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
}

/** A refusal, as a handler returns it. */
export function refuse(code: string, message: string): { ok: false; error: CommandRefusal } {
  return { ok: false, error: { code, message } };
}
