// What the bridge asks of an MQTT client: one connection attempt at a time, each outcome told once. When to try again
// is the bridge's business.

import type { Secret } from '../base/secret.ts';

export interface LinkOptions {
  /** `mqtt://host:1883`, `mqtts://host` */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly clientId: string;
  /** What the broker says, retained, when the connection is lost. */
  readonly will: { readonly topic: string; readonly payload: string };
}

export interface LinkListener {
  connected(): void;
  /** The connection, or the attempt to make one, is over. `reason` holds no credential. */
  disconnected(reason: string): void;
  message(topic: string, payload: Buffer, retained: boolean): void;
}

export interface MqttLink {
  /** Begins one attempt; ends in `connected` or `disconnected`. */
  connect(): void;
  /**
   * At least once (QoS 1), over this connection; dropped otherwise. Nothing is sent again over a later one: what is
   * still true then is the bridge's to say.
   * @param delivered called when the broker has it
   */
  publish(topic: string, payload: string, retain: boolean, delivered?: () => void): void;
  /** QoS 1, for this connection: the session is clean. */
  subscribe(topic: string): void;
  /** Sends what was published, disconnects without the will being said; 1 s at most. */
  close(): Promise<void>;
}

export type OpenLink = (options: LinkOptions, listener: LinkListener) => MqttLink;
