// The house's view over MQTT: availability with a will, state, events, commands. It translates the catalogue and holds
// no rule of a door. Nothing here is awaited by a call: a dead broker costs a call nothing.

import type { CommandRegistry } from '../api/commands.ts';
import type { DoorphoneEvent } from '../api/events.ts';
import type { Journal } from '../api/journal.ts';
import type { StateReport } from '../api/state.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { RetrySchedule } from '../base/retry-schedule.ts';
import { seconds } from '../base/units.ts';
import type { MqttConfiguration } from '../config/index.ts';
import { readCommand } from './commands.ts';
import type { MqttLink, OpenLink } from './link.ts';

export interface MqttBridgeParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly journal: Journal;
  readonly commands: CommandRegistry;
  readonly state: () => StateReport;
  readonly openLink: OpenLink;
}

/** An event that could not be sent is sent late within this time; after it, it would only mislead the house. */
const LONGEST_EVENT_DELAY_MS = 30_000;
const KEPT_EVENTS = 200;

interface KeptEvent {
  readonly event: DoorphoneEvent;
  readonly at: number;
}

/** Translates between the catalogue and one broker, for ever. */
export class MqttBridge {
  readonly #retries: RetrySchedule;
  readonly #link: MqttLink;
  #retryTimer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;
  #connected = false;
  #stopped = false;
  /** The last reason that was told, so that a dead broker is one event and not one a try. */
  #toldReason: string | undefined;
  #publishedState = '';
  #stateDue = false;
  /** Said while there was no connection. */
  #waiting: KeptEvent[] = [];
  /** Sent, and not yet seen to have arrived: a connection is found dead long after it died. */
  readonly #underWay = new Set<KeptEvent>();

  constructor(
    private readonly settings: MqttConfiguration,
    private readonly parts: MqttBridgeParts,
  ) {
    const bounds = { initial: seconds(1), maximum: seconds(30), factor: 1.7, jitter: 0.3 };
    this.#retries = new RetrySchedule(bounds, parts.random);
    this.#link = parts.openLink(
      {
        url: settings.url,
        ...(settings.username === undefined ? {} : { username: settings.username }),
        ...(settings.password === undefined ? {} : { password: settings.password }),
        clientId: `doorphone-${parts.random.hex(6)}`,
        will: { topic: this.#topic('availability'), payload: 'offline' },
      },
      {
        connected: () => this.#onConnected(),
        disconnected: (reason) => this.#onDisconnected(reason),
        message: (topic, payload, retained) => this.#onMessage(topic, payload, retained),
      },
    );
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Begins to connect and to report. Returns at once. */
  start(): void {
    this.#unsubscribe = this.parts.journal.subscribe((event) => this.#onEvent(event));
    this.#link.connect();
  }

  /** Says `offline`, then disconnects; 1 s at most. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe?.();
    this.#retryTimer?.cancel();
    if (this.#connected) this.#link.publish(this.#topic('availability'), 'offline', true);
    this.#connected = false;
    await this.#link.close();
  }

  #topic(name: string): string {
    return `${this.settings.prefix}/${name}`;
  }

  #onConnected(): void {
    this.#connected = true;
    this.#toldReason = undefined;
    this.#retries.reset();
    this.#link.publish(this.#topic('availability'), 'online', true);
    this.#link.subscribe(this.#topic('command/+'));
    this.#publishedState = '';
    const oldest = this.parts.clock.now() - LONGEST_EVENT_DELAY_MS;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const kept of waiting) if (kept.at >= oldest) this.#publishEvent(kept);
    this.parts.journal.record('mqtt.changed', { connected: true });
  }

  #onDisconnected(reason: string): void {
    const wasConnected = this.#connected;
    this.#connected = false;
    if (this.#stopped) return;
    this.#keep(...this.#underWay);
    this.#underWay.clear();
    if (wasConnected || this.#toldReason !== reason) {
      this.#toldReason = reason;
      this.parts.journal.record('mqtt.changed', { connected: false, reason });
    }
    this.#retryTimer?.cancel();
    this.#retryTimer = this.parts.clock.after(this.#retries.next(), 'mqtt reconnect', () => this.#link.connect());
  }

  #onEvent(event: DoorphoneEvent): void {
    const kept = { event, at: this.parts.clock.now() };
    if (this.#connected) this.#publishEvent(kept);
    else this.#keep(kept);
    this.#publishStateSoon();
  }

  #publishEvent(kept: KeptEvent): void {
    this.#underWay.add(kept);
    if (this.#underWay.size > KEPT_EVENTS) {
      const [oldest] = this.#underWay;
      if (oldest !== undefined) this.#underWay.delete(oldest);
    }
    this.#link.publish(this.#topic('event'), JSON.stringify(kept.event), false, () => this.#underWay.delete(kept));
  }

  #keep(...events: readonly KeptEvent[]): void {
    this.#waiting.push(...events);
    this.#waiting = this.#waiting.slice(-KEPT_EVENTS);
  }

  /** Once for all that changes in this turn of the event loop: the event is said while its cause is still at work. */
  #publishStateSoon(): void {
    if (this.#stateDue) return;
    this.#stateDue = true;
    queueMicrotask(() => {
      this.#stateDue = false;
      this.#publishState();
    });
  }

  #publishState(): void {
    if (!this.#connected) return;
    const state = this.parts.state();
    const comparable = JSON.stringify({ ...state, uptime: 0 });
    if (comparable === this.#publishedState) return;
    this.#publishedState = comparable;
    this.#link.publish(this.#topic('state'), JSON.stringify(state), true);
  }

  #onMessage(topic: string, payload: Buffer, retained: boolean): void {
    const start = this.#topic('command/');
    if (!topic.startsWith(start)) return;
    const message = { name: topic.slice(start.length), payload, retained };
    const command = readCommand(message, { allowed: this.settings.commands, now: this.parts.clock.wall() });
    if (!command.ok) {
      this.parts.log.warn('mqtt.command-refused', { why: command.error });
      return;
    }
    const { name, parameters } = command.value;
    void this.parts.commands.execute(name, parameters, 'mqtt').then((outcome) => {
      if (!outcome.ok) this.parts.log.warn('mqtt.command-refused', { command: name, why: outcome.error.message });
    });
  }
}
