// The media engine for the layers above.

export { engineFor } from './codec-number.ts';
export { EnginePorts } from './engine-ports.ts';
export { MappedPorts, type MappedPortsOptions, type MappingTrouble } from './mapping/mapped-ports.ts';
export { type EngineDependencies, type LatenessBucket, NativeEngine, openEngine } from './native-engine.ts';
export { findOpus, trySound } from './sound-probe.ts';
export type * from './types.ts';
export { DOOR_SOUNDS } from './types.ts';
