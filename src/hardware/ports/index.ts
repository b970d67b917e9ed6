// The interfaces between the door's rules and whatever board they run on.

export type { Board, BoardChange, ProcessExit } from './board.ts';
export { KEYPAD_KEYS, type KeyPress, type Keypad, type KeypadKey } from './keypad.ts';
export type { InputLine, LineChange, LineDirection, LineState, LineWire, OutputLine } from './lines.ts';
export type { Mixer, MixerChange, MixerLevel, SoundSide } from './mixer.ts';
export { Card, type CardRead, type Reader } from './reader.ts';
export type { Watchdog } from './watchdog.ts';
