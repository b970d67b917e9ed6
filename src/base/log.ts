// What layers may ask of the log. The service's own log is made in src/app; tests hand in a recording one.

/** Values that a log line may carry. Secrets print as [secret]. */
export type LogFields = { readonly [name: string]: unknown };

/** One structured line a call. `event` is a stable dotted name, as in the vocabulary of events. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** A log that keeps nothing. */
export const silentLog: Log = { debug: noop, info: noop, warn: noop, error: noop };

function noop(): void {
  return;
}
