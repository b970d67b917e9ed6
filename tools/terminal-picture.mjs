// Turns a terminal's screen into an SVG: the picture in the README is made of the real thing.
//
//   tmux new-session -d -x 110 -y 34 -s picture 'bin/doorphone demo'; …; tmux capture-pane -e -p -t picture |
//     node tools/terminal-picture.mjs > docs/demo.svg
import { readFileSync } from 'node:fs';

const CELL = { width: 8.4, height: 18 };
const MARGIN = 16;
const COLOURS = {
  30: '#1d2021',
  31: '#ff6b5e',
  32: '#8ec07c',
  33: '#fabd2f',
  34: '#83a598',
  35: '#d3869b',
  36: '#7fc8d8',
  37: '#ebdbb2',
};
const FOREGROUND = '#dcd7c9';
const BACKGROUND = '#1d2126';

const ESCAPE = String.fromCharCode(27);
const STYLE = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);

/** Runs of one style: { text, column, colour, bold, dim, reverse }. */
function runsOf(line) {
  const runs = [];
  let style = {};
  let column = 0;
  for (const part of line.split(STYLE)) {
    if (!part.startsWith(ESCAPE)) {
      if (part !== '') runs.push({ ...style, text: part, column });
      column += [...part].length;
      continue;
    }
    for (const code of part.slice(2, -1).split(';').map(Number)) {
      if (code === 0) style = {};
      else if (code === 1) style = { ...style, bold: true };
      else if (code === 2) style = { ...style, dim: true };
      else if (code === 7) style = { ...style, reverse: true };
      else if (code === 39) style = { ...style, colour: undefined };
      else if (COLOURS[code]) style = { ...style, colour: COLOURS[code] };
    }
  }
  return runs;
}

const escapeText = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function draw(run, row) {
  const x = MARGIN + run.column * CELL.width;
  const y = MARGIN + row * CELL.height;
  const width = [...run.text].length * CELL.width;
  const colour = run.colour ?? FOREGROUND;
  const box = run.reverse
    ? `<rect x="${x}" y="${y}" width="${width}" height="${CELL.height}" rx="3" fill="${colour}"/>`
    : '';
  if (run.text.trim() === '') return box;
  const look = `fill="${run.reverse ? BACKGROUND : colour}"${run.bold ? ' font-weight="bold"' : ''}${run.dim ? ' opacity="0.6"' : ''}`;
  return `${box}<text x="${x}" y="${y + 13.5}" textLength="${width}" xml:space="preserve" ${look}>${escapeText(run.text)}</text>`;
}

const lines = readFileSync(0, 'utf8').replace(/\n+$/, '').split('\n');
const rows = lines.map(runsOf);
const columns = Math.max(...rows.flat().map((run) => run.column + [...run.text].length), 80);
const [width, height] = [columns * CELL.width + 2 * MARGIN, lines.length * CELL.height + 2 * MARGIN];
process.stdout.write(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">`,
    `<rect width="${width}" height="${height}" rx="10" fill="${BACKGROUND}"/>`,
    ...rows.flatMap((runs, row) => runs.map((run) => draw(run, row))),
    '</svg>',
    '',
  ].join('\n'),
);
