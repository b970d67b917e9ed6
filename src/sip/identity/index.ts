// What header fields say of the people behind a call: who, why, by whom it was sent on, how it wants to be answered.

export { type AnswerMode, readAnswerMode } from './answer-mode.ts';
export { type Caller, readCaller } from './caller.ts';
export { type Diversion, readDiversions } from './diversion.ts';
export { COMPLETED_ELSEWHERE, causeOf, formatReason, type Reason, readReasons } from './reason.ts';
