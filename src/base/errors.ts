// One base class for every error that a person may read.

/**
 * An error with a stable code, a sentence that says what is wrong, and the mend.
 * The message never holds a secret.
 */
export class DoorphoneError extends Error {
  /** Stable, for programs: `port-in-use`, `device-not-found`. */
  readonly code: string;
  /** What the reader can do about it. */
  readonly mend: string | undefined;

  constructor(code: string, message: string, options: { mend?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DoorphoneError';
    this.code = code;
    this.mend = options.mend;
  }

  /** One line for a person: what is wrong, then the mend. */
  get line(): string {
    return this.mend === undefined ? this.message : `${this.message}; ${this.mend}`;
  }
}

/** The code that Node gives an error of the system, `ENOENT`; empty: none. */
export function errorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** The text of anything that was thrown. */
export function describeError(thrown: unknown): string {
  if (thrown instanceof DoorphoneError) return thrown.line;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
