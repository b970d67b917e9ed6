// Prints where the button of a board is: `LABEL OFFSET BIAS ACTIVE`, as root/usr/lib/doorphone-image/reset-button reads it.
// usage: node board-line.mjs BOARD
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const [name = ''] = process.argv.slice(2);

/** Of a board and those that it is like: what it says itself counts. */
function read(board) {
  const own = parse(readFileSync(new URL(`../${board}/board.yaml`, import.meta.url), 'utf8'));
  if (own.like === undefined) return own;
  const other = read(own.like);
  return { ...other, ...own, pins: { ...other.pins, ...own.pins }, lines: { ...other.lines, ...own.lines } };
}

const board = read(name);
const button = board.lines?.button;
const pin = board.pins?.[button?.at];
if (pin === undefined) {
  process.stderr.write(`image: the board ${name} names no pin for its button\n`);
  process.exit(1);
}
// What board/README.md says of a line that says nothing: a contact to ground.
const active = button.active ?? 'low';
const bias = button.bias ?? (active === 'low' ? 'pull-up' : 'pull-down');
process.stdout.write(`${pin.chip ?? board.chip} ${pin.offset} ${bias === 'none' ? 'disabled' : bias} ${active}\n`);
