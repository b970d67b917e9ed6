// Provisioning at work in a service: who is asked for a profile is begun when a door is at work, and what a profile has to
// prove is looked up here.

import { networkInterfaces } from 'node:os';
import { type CommandOutcome, type CommandRegistry, refuse } from '../api/commands.ts';
import type { StateReport } from '../api/state.ts';
import type { Configuration } from '../config/index.ts';
import { deviceRecipient } from './device-key.ts';
import type { DoorService } from './door-service.ts';
import type { OpenClient, ProvisioningParts } from './provisioning-client.ts';

/** What is asked of whoever keeps the door at work. */
export interface ServiceControl {
  readonly commands: CommandRegistry;
  readonly change: (configuration: Configuration) => Promise<CommandOutcome<'reload'>>;
  readonly restart: () => void;
}

/** The provisioning of one service. */
export class Provisioning {
  #service: DoorService | undefined;
  #configuration: Configuration | undefined;
  #client: OpenClient | undefined;
  #begun: DoorService | undefined;
  #stopped = false;
  #answersBefore = 0;
  /** No client has been opened since the service began. */
  #isNew = true;
  #restart: () => void = () => undefined;

  constructor(private readonly parts: ProvisioningParts) {
    // The server hears of what became of its profile at once, and not when it is asked again.
    parts.context.journal.subscribe(({ type }) => {
      if (type === 'provisioning.applied' || type === 'provisioning.rolled-back') this.#client?.report();
    });
  }

  /** A door is about to be at work. */
  watch(service: DoorService, configuration: Configuration): DoorService {
    this.#client?.stop();
    this.#client = undefined;
    this.#service = service;
    this.#configuration = configuration;
    service.onNetworkChanged(() => {
      if (this.#service === service) this.#client?.networkChanged();
    });
    return service;
  }

  /** A configuration is in force: asks for profiles, where they are to come from somewhere. */
  async begin(): Promise<void> {
    const service = this.#service;
    if (service === undefined || this.#configuration === undefined || this.#begun === service || this.#stopped) return;
    this.#begun = service;
    const settings = this.parts.profiles.settings(this.#configuration);
    if (settings === undefined) return;
    const switchedOn = this.#isNew;
    this.#isNew = false;
    const { openClient } = await import('./provisioning-client.ts');
    if (this.#service !== service || this.#stopped) return;
    this.#answersBefore = 0;
    this.#client = openClient({
      ...this.parts,
      settings,
      agent: service.agent,
      pin: (server) => service.pin(server),
      mac: hardwareAddress(),
      switchedOn,
      restart: () => this.#restart(),
      works: () => this.works(service.state()),
      isQuiet: () => !service.busy,
    });
  }

  /** A configuration is in force: what the server answered before says nothing of it. */
  inForce(): void {
    this.#answersBefore = this.#client?.answers ?? 0;
  }

  /** Whether what is in force works: every account registered; with none, the server's answer. */
  works(state: StateReport | undefined): boolean {
    if (state === undefined) return false;
    const registering = state.accounts.filter(({ registers }) => registers);
    if (registering.length > 0) return registering.every(({ registered }) => registered);
    return this.#client === undefined || this.#client.answers > this.#answersBefore;
  }

  /** Carries out `provision` and `reset`. */
  handle({ commands, change, restart }: ServiceControl): void {
    this.#restart = restart;
    const { profiles } = this.parts;
    commands.handle('provision', ({ now }) => {
      if (now === true) {
        if (this.#client === undefined)
          return refuse('unprovisioned', 'no server is asked for profiles (provisioning.server)');
        this.#client.now();
      }
      return { ok: true, result: profiles.describe() };
    });
    commands.handle('identity', async () => {
      const { stateFolder, context } = this.parts;
      const key = await deviceRecipient(stateFolder);
      return { ok: true, result: { device: context.instance ?? '', mac: hardwareAddress() ?? null, key } };
    });
    commands.handle('reset', async () => {
      profiles.keepers.forget();
      const { configuration } = profiles.reload();
      if (configuration === undefined)
        return refuse('bad-configuration', 'forgotten; but the board’s own file is faulty');
      const outcome = await change(configuration);
      return outcome.ok ? { ok: true, result: { waits: outcome.result.waits === true } } : outcome;
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#client?.stop();
  }
}

/** Twelve hexadecimal digits of the first interface that has such an address; undefined: a machine without any. */
function hardwareAddress(): string | undefined {
  const all = Object.entries(networkInterfaces()).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const macs = all.flatMap(([, addresses]) =>
    (addresses ?? []).filter(({ internal }) => !internal).map(({ mac }) => mac),
  );
  return macs.find((mac) => mac !== '00:00:00:00:00:00')?.replaceAll(':', '');
}
