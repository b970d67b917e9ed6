// Questions to whoever sits at the terminal, and their answers.

import { createInterface } from 'node:readline';

/** A conversation at a terminal. */
export interface Terminal {
  /** Undefined: there will be no more answers. */
  ask(question: string): Promise<string | undefined>;
  say(text: string): void;
  close(): void;
}

/** @returns undefined where nobody can be asked: standard input is no terminal */
export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Terminal | undefined {
  if (!input.isTTY) return undefined;
  const lines = createInterface({ input, output });
  let isClosed = false;
  // By way of `exit`, so that what is driven is driven safe.
  const leave = (): void => process.exit(130);
  lines.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  lines.once('close', () => {
    isClosed = true;
  });
  return {
    ask: (question) =>
      new Promise((done) => {
        if (isClosed) {
          done(undefined);
          return;
        }
        const ended = (): void => done(undefined);
        lines.once('close', ended);
        lines.question(question, (answer) => {
          lines.off('close', ended);
          done(answer);
        });
      }),
    say: (text) => {
      output.write(`${text}\n`);
    },
    close: () => {
      process.off('SIGTERM', leave);
      lines.close();
    },
  };
}
