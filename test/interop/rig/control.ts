// The product's control socket, spoken by hand: one JSON object a line.

import { connect, type Socket } from 'node:net';
import type { CommandName, CommandParameters, CommandResult } from '../../../src/api/commands.ts';
import type { DoorphoneEvent } from '../../../src/api/events.ts';
import { Stream } from './stream.ts';

interface Answer {
  readonly id: number;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly event?: DoorphoneEvent;
}

/** One connection. */
export class ControlConnection {
  readonly answers = new Stream<Answer>('control', (answer) => JSON.stringify(answer));
  #id = 0;

  private constructor(private readonly socket: Socket) {
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') this.answers.push(JSON.parse(line));
    });
    socket.on('close', () => this.answers.end('the control socket was closed'));
  }

  /** @throws Error when nobody listens there */
  static async open(path: string): Promise<ControlConnection> {
    return await new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        socket.on('error', () => socket.destroy());
        resolve(new ControlConnection(socket));
      });
    });
  }

  /** Carries out a command. @throws Error with the code of the refusal */
  async execute<Name extends CommandName>(
    command: Name,
    parameters: CommandParameters<Name>,
  ): Promise<CommandResult<Name>> {
    const answer = await this.#ask({ command, ...parameters });
    if (!answer.ok) throw new Error(`${command} is refused: ${answer.error?.code}: ${answer.error?.message}`);
    return answer.result as CommandResult<Name>;
  }

  /** Hands every event since the service's start, and from now on, to `take`. */
  followEvents(take: (event: DoorphoneEvent) => void): void {
    this.#id += 1;
    const id = this.#id;
    this.answers.watch((answer) => {
      if (answer.id === id && answer.event !== undefined) take(answer.event);
    });
    this.socket.write(`${JSON.stringify({ id, command: 'events', follow: true })}\n`);
  }

  close(): void {
    this.socket.destroy();
  }

  async #ask(request: object): Promise<Answer> {
    this.#id += 1;
    const id = this.#id;
    this.socket.write(`${JSON.stringify({ id, ...request })}\n`);
    return await this.answers.find(`answer to ${JSON.stringify(request)}`, (answer) => answer.id === id);
  }
}
