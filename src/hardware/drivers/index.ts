// The boards that this program can drive.

export { Chips, placeIn } from './gpio/chips.ts';
export { GpioBoard, type GpioBoardData, type GpioBoardServices, type KnownLine } from './gpio/gpio-board.ts';
export { type GpioSystem, nativeGpio } from './gpio/gpio-system.ts';
export type { LineSettings } from './gpio/line-settings.ts';
export { processExit } from './process-exit.ts';
export { VirtualBoard, type VirtualBoardServices } from './virtual.ts';
