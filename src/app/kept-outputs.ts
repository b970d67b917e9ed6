// What is to be known of a board whose outputs outlive the service.

import type { Board } from '../hardware/ports/index.ts';

/** One sentence with its mend; undefined: a relay falls when the service dies. */
export function keptOutputsWarning({ keepsOutputs: kept }: Pick<Board, 'keepsOutputs'>): string | undefined {
  if (kept === undefined) return undefined;
  const what = `a relay stays on when the service is killed, until it is started again (${kept})`;
  const isOfPi = kept.startsWith('pinctrl_');
  const mend = isOfPi
    ? 'add dtparam=strict_gpiod to config.txt and restart the board'
    : 'run `doorphone release` after it';
  return `${what}; ${mend}`;
}
