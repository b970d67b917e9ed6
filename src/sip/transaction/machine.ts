// What the four state tables of this folder are made of. A table is data: each row is one arrow of the RFC's figure.
// `step` reads it; nothing here sends, waits or tells anybody.

/** One arrow: where it leads and what is done on the way. */
export interface Row<State extends string, Action> {
  /** The section that asks for it. */
  readonly rfc: string;
  /** The state that it leads to; the same state when absent. */
  readonly to?: State;
  readonly actions: readonly Action[];
}

/** State → event → row. An event that a state does not name is ignored there. */
export type Table<State extends string, Event extends string, Action> = {
  readonly [S in State]: { readonly [E in Event]?: Row<State, Action> };
};

/** A table with its way in: what happens when the transaction is made. */
export interface Machine<State extends string, Event extends string, Action> {
  readonly initial: Row<State, Action> & { readonly to: State };
  readonly table: Table<State, Event, Action>;
}

/** What an event leads to. */
export interface Transition<State extends string, Action> {
  readonly state: State;
  readonly actions: readonly Action[];
}

const nothing: readonly never[] = [];

/** Looks an event up. Pure: the caller takes over the state and performs the actions in order. */
export function step<State extends string, Event extends string, Action>(
  table: Table<State, Event, Action>,
  state: State,
  event: Event,
): Transition<State, Action> {
  const row: Row<State, Action> | undefined = table[state][event];
  if (row === undefined) return { state, actions: nothing };
  return { state: row.to ?? state, actions: row.actions };
}
