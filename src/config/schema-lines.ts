// `lines`: how a line of the board is wired, where that is not as the board's data has it.

import * as v from 'valibot';
import { millis, seconds } from '../base/units.ts';
import { duration, key, lineOfText } from './values.ts';

/** One line; what is left out is as the board has it. */
export const line = v.strictObject({
  at: v.exactOptional(
    key(lineOfText(64), {
      title: 'Place',
      description:
        'Which line it is: a name of the board’s or of the kernel’s (`GPIO17`), a chip and a number (`pinctrl-bcm2711:17`), or a relay or input of a module (`io:relay1`). Left out: its own name.',
      examples: ['GPIO17'],
    }),
  ),
  active: v.exactOptional(
    key(v.picklist(['low', 'high']), {
      title: 'Active level',
      description:
        'The level that means pressed, or on. Left out: as the board has it; an input that it does not know is a contact to ground (low), an output switches with the high level.',
    }),
  ),
  bias: v.exactOptional(
    key(v.picklist(['pull-up', 'pull-down', 'none', 'as-is']), {
      title: 'Bias',
      description: 'The resistor in the chip. Left out: against the active level at inputs, as it is at outputs.',
    }),
  ),
  drive: v.exactOptional(
    key(v.picklist(['push-pull', 'open-drain', 'open-source']), {
      title: 'Drive',
      description: 'How an output drives its wire.',
    }),
  ),
  debounce: v.exactOptional(
    key(duration(millis(0), seconds(2)), {
      title: 'Debounce',
      description: 'How long a level must stand at an input to count. Left out: 20ms.',
    }),
  ),
});
