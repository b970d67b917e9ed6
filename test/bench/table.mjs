// Prints rows for people.

const HEADINGS = ['', 'unit', 'doorphone', 'peer', '', 'ratio', 'aim', ''];

export function printTable(rows) {
  const lines = [HEADINGS, ...rows.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    process.stdout.write(
      `${line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
  process.stdout.write('\nmedian [min – max]; ratio: ours to the peer’s, below 1 is better than the peer\n');
}

function cells({ what, unit, ours, peer, theirs, aim, note }) {
  const comparable = ours !== undefined && theirs !== undefined && ours.median >= 0;
  const ratio = comparable ? `${number(ours.median / theirs.median)}×` : '';
  const verdict = aim === undefined || ours === undefined ? '' : ours.median <= aim ? ' met' : ' MISSED';
  return [
    what,
    unit,
    text(ours),
    text(theirs),
    theirs === undefined ? '' : peer,
    ratio,
    aimText(aim) + verdict,
    note ?? '',
  ];
}

function aimText(aim) {
  return aim === undefined ? '' : `≤ ${number(aim)}`;
}

function text(summary) {
  if (summary === undefined) return '–';
  const { n, median, min, max } = summary;
  if (n === 1) return number(median);
  return `${number(median)} [${number(min)} – ${number(max)}]`;
}

/** Three digits that say something. */
function number(value) {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
}
