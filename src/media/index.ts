// The media engine for the layers above.

export { type EngineDependencies, type LatenessBucket, NativeEngine, openEngine } from './native-engine.ts';
export type * from './types.ts';
