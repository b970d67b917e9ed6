import { describe, expect, it } from 'vitest';
import type { ClientEvent } from '../../../../src/sip/transaction/client-machine.ts';
import { inviteClient } from '../../../../src/sip/transaction/invite-client.ts';
import { inviteServer } from '../../../../src/sip/transaction/invite-server.ts';
import { type Machine, step } from '../../../../src/sip/transaction/machine.ts';
import { nonInviteClient } from '../../../../src/sip/transaction/non-invite-client.ts';
import { nonInviteServer } from '../../../../src/sip/transaction/non-invite-server.ts';
import type { ServerEvent } from '../../../../src/sip/transaction/server-machine.ts';

// The figures, read off the RFC's text and drawing by hand: `state: event → next state: actions`. Whatever is not
// here must be ignored. `+X` starts timer X, `-X` stops it, `^X` starts it again.

const figure5 = `
  calling: timer A → calling: send request, ^A
  calling: timer B → terminated: -A, inform timeout
  calling: transport error → terminated: -A, -B, inform transport error
  calling: 1xx → proceeding: -A, -B, pass response
  calling: 2xx → accepted: -A, -B, +M, pass response
  calling: 300-699 → completed: -A, -B, send ack, +D, pass response
  calling: cancel → calling: keep cancel
  calling: pause → calling: -A
  calling: resume → calling: +A
  proceeding: 1xx → proceeding: pass response
  proceeding: 2xx → accepted: -cancelled, +M, pass response
  proceeding: 300-699 → completed: -cancelled, send ack, +D, pass response
  proceeding: cancel → proceeding: send cancel, +cancelled
  proceeding: timer cancelled → terminated: inform timeout
  completed: 300-699 → completed: send ack
  completed: transport error → terminated: -D, inform transport error
  completed: timer D → terminated:
  accepted: 2xx → accepted: pass response
  accepted: timer M → terminated:
`;

const figure6 = `
  trying: timer E → trying: send request, ^E
  trying: timer F → terminated: -E, inform timeout
  trying: transport error → terminated: -E, -F, inform transport error
  trying: 1xx → proceeding: pass response
  trying: 2xx → completed: -E, -F, +K, pass response
  trying: 300-699 → completed: -E, -F, +K, pass response
  trying: abandon → terminated: -E, -F
  trying: pause → trying: -E
  trying: resume → trying: +E
  proceeding: timer E → proceeding: send request, ^E with T2
  proceeding: timer F → terminated: -E, inform timeout
  proceeding: transport error → terminated: -E, -F, inform transport error
  proceeding: 1xx → proceeding: pass response
  proceeding: 2xx → completed: -E, -F, +K, pass response
  proceeding: 300-699 → completed: -E, -F, +K, pass response
  proceeding: abandon → terminated: -E, -F
  completed: timer K → terminated:
`;

const figure7 = `
  proceeding: request → proceeding: repeat response
  proceeding: timer trying → proceeding: send trying
  proceeding: send 1xx → proceeding: -trying, send response
  proceeding: send 2xx → accepted: -trying, send response, +L
  proceeding: send 300-699 → completed: -trying, send response, +G, +H
  proceeding: send once → ignored: -trying, send response, +L
  proceeding: ignore → ignored: -trying, +L
  proceeding: transport error → proceeding: inform transport error
  completed: request → completed: repeat response
  completed: timer G → completed: repeat response, ^G
  completed: timer H → terminated: -G, inform timeout
  completed: ack → confirmed: -G, -H, +I, inform acknowledged
  completed: transport error → completed: inform transport error
  confirmed: timer I → terminated:
  accepted: send 2xx → accepted: send response
  accepted: ack → accepted: pass ack
  accepted: timer L → terminated:
  accepted: transport error → accepted: inform transport error
  ignored: timer L → terminated:
`;

const figure8 = `
  trying: send 1xx → proceeding: send response
  trying: send 2xx → completed: send response, +J
  trying: send 300-699 → completed: send response, +J
  trying: send once → ignored: send response, +J
  trying: ignore → ignored: +J
  proceeding: request → proceeding: repeat response
  proceeding: send 1xx → proceeding: send response
  proceeding: send 2xx → completed: send response, +J
  proceeding: send 300-699 → completed: send response, +J
  proceeding: transport error → proceeding: inform transport error
  completed: request → completed: repeat response
  completed: timer J → terminated:
  completed: transport error → completed: inform transport error
  ignored: timer J → terminated:
`;

const clientEvents: readonly ClientEvent[] = [
  '1xx',
  '2xx',
  '300-699',
  'cancel',
  'abandon',
  'pause',
  'resume',
  'transport error',
  'timer A',
  'timer B',
  'timer D',
  'timer E',
  'timer F',
  'timer K',
  'timer M',
  'timer cancelled',
];
const serverEvents: readonly ServerEvent[] = [
  'request',
  'ack',
  'send 1xx',
  'send 2xx',
  'send 300-699',
  'send once',
  'ignore',
  'transport error',
  'timer G',
  'timer H',
  'timer I',
  'timer J',
  'timer L',
  'timer trying',
];

interface AnyAction {
  readonly do: string;
  readonly timer?: string;
  readonly with?: string;
}

function written(action: AnyAction): string {
  if (action.do === 'start') return `+${action.timer}`;
  if (action.do === 'stop') return `-${action.timer}`;
  if (action.do === 'restart') return `^${action.timer}${action.with === 'T2' ? ' with T2' : ''}`;
  return action.do;
}

function arrows(figure: string): Map<string, string> {
  const lines = figure.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [before = '', after = ''] = line.split('→').map((part) => part.trim());
      return [before, after];
    }),
  );
}

/** Every state × event of a machine as `[arrow, what it does, what the figure says]`. */
function walk<State extends string, Event extends string, Action extends AnyAction>(
  machine: Machine<State, Event, Action>,
  events: readonly Event[],
  figure: string,
): [string, string, string][] {
  const expected = arrows(figure);
  const states = Object.keys(machine.table) as State[];
  return states.flatMap((state) =>
    events.map((event): [string, string, string] => {
      const arrow = `${state}: ${event}`;
      const next = step(machine.table, state, event);
      const actual = `${next.state}: ${next.actions.map(written).join(', ')}`.trim();
      return [arrow, actual, expected.get(arrow) ?? `${state}:`];
    }),
  );
}

describe.each([
  ['INVITE client, RFC 6026 Figure 5', walk(inviteClient, clientEvents, figure5), figure5],
  ['non-INVITE client, RFC 3261 Figure 6', walk(nonInviteClient, clientEvents, figure6), figure6],
  ['INVITE server, RFC 6026 Figure 7', walk(inviteServer, serverEvents, figure7), figure7],
  ['non-INVITE server, RFC 3261 Figure 8', walk(nonInviteServer, serverEvents, figure8), figure8],
])('%s', (_, steps, figure) => {
  it.each(steps)('%s', (_arrow, actual, expected) => {
    expect(actual).toBe(expected);
  });

  it('has every arrow of the figure', () => {
    const walked = new Set(steps.map(([arrow]) => arrow));
    expect([...arrows(figure).keys()].filter((arrow) => !walked.has(arrow))).toEqual([]);
  });
});

describe('the way in', () => {
  it('sends an INVITE and starts A and B (§17.1.1.2)', () => {
    expect(inviteClient.initial.to).toBe('calling');
    expect(inviteClient.initial.actions.map(written)).toEqual(['send request', '+A', '+B']);
  });

  it('sends another request and starts E and F (§17.1.2.2)', () => {
    expect(nonInviteClient.initial.to).toBe('trying');
    expect(nonInviteClient.initial.actions.map(written)).toEqual(['send request', '+E', '+F']);
  });

  it('waits 200 ms with the 100 of an INVITE (§17.2.1), and with nothing else (§17.2.2)', () => {
    expect(inviteServer.initial.to).toBe('proceeding');
    expect(inviteServer.initial.actions.map(written)).toEqual(['+trying']);
    expect(nonInviteServer.initial).toMatchObject({ to: 'trying', actions: [] });
  });

  it('cites a section for every row', () => {
    const rows = [inviteClient, nonInviteClient, inviteServer, nonInviteServer].flatMap(({ table }) =>
      Object.values(table).flatMap((events) => Object.entries(events)),
    );
    const without = rows.filter(([, row]) => !/^(3261|6026) §\d/.test((row as { rfc: string }).rfc));
    const ours = without.map(([event]) => event);
    expect(new Set(ours)).toEqual(new Set(['abandon', 'pause', 'resume', 'ignore', 'send once', 'timer J', 'timer L']));
  });
});
