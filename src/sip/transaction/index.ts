// RFC 3261 §17: transactions.

export { MAGIC_COOKIE } from './matching.ts';
export { defaultTimers, type TimerSettings } from './timers.ts';
export { TransactionLayer, type TransactionLayerOptions } from './transaction-layer.ts';
export type * from './types.ts';
