// The boards that this program can drive.

export { processExit } from './process-exit.ts';
export { VirtualBoard, type VirtualBoardServices } from './virtual.ts';
