// The boards that this program can drive.

export { Chips, placeIn } from './gpio/chips.ts';
export { GpioBoard, type GpioBoardData, type GpioBoardServices, type KnownLine } from './gpio/gpio-board.ts';
export { type GpioSystem, nativeGpio } from './gpio/gpio-system.ts';
export type { LineSettings } from './gpio/line-settings.ts';
export { MatrixKeypad } from './matrix-keypad.ts';
export { alsaMixerLibrary } from './mixer/alsa-library.ts';
export { CardMixer, type ControlNames } from './mixer/card-mixer.ts';
export { cardOfDevice } from './mixer/card-of-device.ts';
export { LcusModule } from './modules/lcus.ts';
export type { LineModule } from './modules/line-module.ts';
export { ModbusBus } from './modules/modbus-bus.ts';
export { ModbusModule } from './modules/modbus-module.ts';
export { ModuleBoard, type ModuleMaker } from './modules/module-board.ts';
export { processExit } from './process-exit.ts';
export { AsciiKeys } from './serial/decoders/ascii-keys.ts';
export type { Decoder } from './serial/decoders/decoder.ts';
export { Rdm6300 } from './serial/decoders/rdm6300.ts';
export { ScanCodes } from './serial/decoders/scan-codes.ts';
export { wiegandDecoder } from './serial/decoders/wiegand-serial.ts';
export type { SerialDevice, SerialReports, SerialServices } from './serial/serial-port.ts';
export { SerialKeypad, SerialReader, type SerialSourceServices } from './serial/serial-source.ts';
export { nativeSerial, type SerialSystem } from './serial/serial-system.ts';
export { hasSysfsAlone, sysfsGpio } from './sysfs/index.ts';
export { VirtualBoard, type VirtualBoardServices } from './virtual.ts';
export { openWatchdog } from './watchdog.ts';
