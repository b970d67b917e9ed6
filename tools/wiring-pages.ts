// The pages of wiring, board/<name>/wiring.md, made from the boards' data. `tools/write-wiring-pages.mjs` writes them; a test
// compares them with what stands there.

import { boardSheet, type SheetLine } from '../src/app/board/sheet.ts';
import { boardNames, loadBoard } from '../src/app/boards.ts';
import { type BoardData, formatDuration } from '../src/config/index.ts';

/** The page of every board with a header, by its name. @param folder of the boards */
export function wiringPages(folder: string): readonly { readonly board: string; readonly text: string }[] {
  const boards = boardNames(folder).map((board) => loadBoard(board, folder));
  // What has no header has no wires of its own.
  return boards
    .filter(({ header }) => Object.keys(header).length > 0)
    .map((data) => ({ board: data.name, text: wiringPage(data) }));
}

/** Where a wire goes: `pin 11 (GPIO17)`. */
interface Ends {
  readonly signal: string;
  readonly ground: string;
}

function wiringPage(data: BoardData): string {
  const { lines, header } = boardSheet(data);
  const sections = [
    [`# Wiring: ${data.title}`, '', ...introduction(data)],
    header.length === 0 ? [] : ['```text', ...header, '```'],
    usualLines(lines),
    data.notes.map((note) => `- ${note}`),
    contacts(data, lines),
    relays(data, lines),
    strikes(),
    lamps(data, lines),
    sound(data),
    settings(data),
    trial(),
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}

const introduction = ({ name }: BoardData): readonly string[] => [
  `Made from \`board.yaml\` by \`node tools/write-wiring-pages.mjs\`. With \`board: ${name}\` a configuration may call a line by the`,
  'names here, or by those of its pins; `lines` wires it in another way ([README.md](../README.md)).',
];

function usualLines(lines: readonly SheetLine[]): readonly string[] {
  if (lines.length === 0) return [];
  const rows = lines.map(
    ({ name, at, pin }) => `| \`${name}\` | ${at ?? 'the kernel’s line of that name'} | ${pin ?? '–'} |`,
  );
  return ['| line | is | pin |', '|---|---|---|', ...rows];
}

/** The ends of what hangs on a line; by the name of the line where the board has no header. */
function endsOf(data: BoardData, lines: readonly SheetLine[], name: string): Ends {
  const line = lines.find((one) => one.name === name);
  if (line === undefined || line.pin === null) return { signal: `the line ${name}`, ground: 'ground (GND)' };
  return { signal: `pin ${line.pin} (${line.at})`, ground: `pin ${nearest(data, line.pin, 'GND')} (GND)` };
}

/** The pin of that kind that is nearest. */
function nearest({ header }: BoardData, pin: number, label: string): number | undefined {
  const found = Object.entries(header).flatMap(([number, text]) => (text === label ? [Number(number)] : []));
  return found.toSorted((one, other) => Math.abs(one - pin) - Math.abs(other - pin))[0];
}

function contacts(data: BoardData, lines: readonly SheetLine[]): readonly string[] {
  const button = endsOf(data, lines, 'button');
  const width = Math.max(button.signal.length, button.ground.length);
  return [
    '## Button, exit button, door contact',
    '',
    'A contact between the pin and ground. The chip’s own resistor holds the line: no other is needed.',
    '',
    '```text',
    `${button.signal.padEnd(width)} ────────┐`,
    `${' '.repeat(width)}         / button`,
    `${button.ground.padEnd(width)} ────────┘`,
    '```',
    '',
    'A door contact (reed and magnet) is wired in the same way; it is closed while the door is shut. Wires of more than a few',
    'metres catch what motors and strikes send out: twist them, and put 1 kΩ in series at the board. Never bring a voltage from',
    'outside to a pin: what does not come as a bare contact comes by an optocoupler or a relay.',
  ];
}

function relays(data: BoardData, lines: readonly SheetLine[]): readonly string[] {
  const { signal, ground } = endsOf(data, lines, 'relay');
  const supply = Object.values(data.header).includes('5 V') ? `pin ${nearest(data, 1, '5 V')} (5 V)` : '5 V';
  const low = Object.values(data.header).includes('3.3 V') ? `pin ${nearest(data, 1, '3.3 V')} (3.3 V)` : '3.3 V';
  const rows = [
    [supply, 'VCC of the relay module'],
    [ground, 'GND'],
    [signal, 'IN'],
  ] as const;
  const width = Math.max(...rows.map(([pin]) => pin.length));
  const { relayLimit } = data;
  const longest =
    relayLimit === undefined ? '' : `It may be on for ${formatDuration(relayLimit)} at most (\`doors.….openFor\`).`;
  const limit = longest === '' ? [] : ['', longest];
  return [
    '## Relay',
    '',
    'A module with a transistor or an optocoupler of its own; a bare coil would destroy the pin.',
    '',
    '```text',
    ...rows.map(([pin, end]) => `${pin.padEnd(width)} ──────── ${end}`),
    '```',
    '',
    '**Most modules with optocouplers switch with the low level.** They are on where they should be off until it is said:',
    '',
    '```yaml',
    'lines:',
    '  relay: { active: low }',
    '```',
    '',
    'Such a module that is fed with 5 V pulls its input to 5 V, which is more than a pin bears. Take out its jumper between VCC',
    `and JD-VCC, feed JD-VCC with 5 V (the coils) and VCC with ${low} (the inputs). A module that says “high level trigger”, or`,
    'one with a transistor alone, needs neither.',
    ...limit,
  ];
}

const strikes = (): readonly string[] => [
  '## Strike, magnet',
  '',
  'With a supply of its own, by the contacts of the relay; the board sees none of its voltage.',
  '',
  '```text',
  'fail-secure: opens while there is current (most strikes)',
  '',
  '    supply + ──── COM  relay  NO ────┬──── strike ────┬──── supply −',
  '                                     └──── │◂ diode ──┘',
  '',
  'fail-safe: opens when the current ends (magnets, doors on ways out)',
  '',
  '    supply + ──── COM  relay  NC ────┬──── magnet ────┬──── supply −',
  '                                     └──── │◂ diode ──┘',
  '```',
  '',
  'In both the relay is on while the door is open, and off when the service is not there: a fail-secure door stays shut then, a',
  'fail-safe one too, as long as its supply lasts. The diode (1N4007, its ring towards +) takes what the coil gives back; a strike',
  'for alternating current has a varistor in its place. Which kind a way out needs, the fire regulations say.',
];

function lamps(data: BoardData, lines: readonly SheetLine[]): readonly string[] {
  if (!lines.some(({ name }) => name === 'lamp')) return [];
  const { signal, ground } = endsOf(data, lines, 'lamp');
  return [
    '## Lamp',
    '',
    '```text',
    `${signal} ──── 330 Ω ──── ▸│ LED ──── ${ground}`,
    '```',
    '',
    'Anything that takes more than some milliamperes needs a transistor and a supply of its own.',
  ];
}

function sound({ sound: device }: BoardData): readonly string[] {
  const named =
    device === undefined ? [] : [`\`audio.device\` is \`${device}\` usually; \`aplay -L\` lists what else there is.`];
  return [
    '## Sound',
    '',
    'A USB sound card, or a HAT, has the microphone’s input and a line output. The output drives no loudspeaker: an amplifier',
    'comes between (a PAM8403 module, say), fed with 5 V, its ground the board’s.',
    '',
    '```text',
    'card, line out ──── amplifier, in      amplifier, out ──── loudspeaker (4 to 8 Ω)',
    'card, mic in   ──── electret microphone, on a shielded wire',
    '```',
    '',
    'Keep microphone and loudspeaker apart, and foam between them: what the one says the other hears.',
    ...named,
  ];
}

function settings({ overlays, watchdog, serial }: BoardData): readonly string[] {
  const lines = overlays.length === 0 ? [] : ['```text', ...overlays, '```'];
  const rest = [
    ...(serial.length === 0 ? [] : [`Serial ports: ${serial.map((port) => `\`${port}\``).join(', ')}.`]),
    ...(watchdog === undefined ? [] : [`Watchdog: \`${watchdog}\`.`]),
  ];
  if (lines.length + rest.length === 0) return [];
  const title = overlays.length === 0 ? '## Else' : '## config.txt';
  return [title, '', ...lines, ...(lines.length > 0 && rest.length > 0 ? [''] : []), ...rest];
}

const trial = (): readonly string[] => [
  '## Trying it',
  '',
  '`systemctl stop doorphone`, then `doorphone board test`: it has each button pressed, each relay switched on for half a second',
  'after a question, and says what is wrong.',
];
