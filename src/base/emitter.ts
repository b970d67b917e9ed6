// Typed events between two objects. Not a bus: the listener holds the object that it listens to.

/** Event name → the arguments that its listeners get. */
export type EventMap = { [name: string]: readonly unknown[] };

type Listener<A extends readonly unknown[]> = (...args: A) => void;

/** Holds listeners by event name and calls them in the order in which they came. */
export class Emitter<Events extends EventMap> {
  readonly #listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {};

  /** Adds a listener; the returned function removes it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners[name] ?? new Set<Listener<Events[Name]>>();
    this.#listeners[name] = listeners;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Calls every listener of `name` that is there at the start of the call. */
  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    const listeners = this.#listeners[name];
    if (listeners === undefined || listeners.size === 0) return;
    for (const listener of [...listeners]) listener(...args);
  }
}
