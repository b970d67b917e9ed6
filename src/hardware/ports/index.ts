// The interfaces between the door's rules and whatever board they run on.

export type { Board, BoardChange, ProcessExit } from './board.ts';
export type { InputLine, LineChange, LineDirection, LineState, OutputLine } from './lines.ts';
