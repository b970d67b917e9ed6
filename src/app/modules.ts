// The modules of a configuration beside its board.

import { type Configuration, type ModuleConfiguration, modulePlaceOf } from '../config/index.ts';
import {
  LcusModule,
  ModbusBus,
  ModbusModule,
  ModuleBoard,
  type ModuleMaker,
  nativeSerial,
  processExit,
  type SerialServices,
} from '../hardware/drivers/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import { type SerialDevicesServices, serialDeviceOf, serialReports } from './serial-devices.ts';

/** The board with its modules; the board itself where there are none. */
export function withModules(
  board: Board,
  configuration: Pick<Configuration, 'modules' | 'lines'>,
  services: SerialDevicesServices,
): Board {
  const { clock, random, log, journal, faults, system = nativeSerial() } = services;
  const modules = Object.entries(configuration.modules);
  if (modules.length === 0) return board;
  const serial: SerialServices = { clock, random, system, reports: serialReports(journal, faults) };
  const buses = new Map<string, ModbusBus>();
  const makers = new Map(modules.map(([name, module]) => [name, makerOf(name, module, buses, serial)]));
  const placeOf = (line: string) => modulePlaceOf(line, configuration);
  const whole = new ModuleBoard(board, makers, placeOf, { clock, log, onProcessExit: processExit });
  for (const bus of buses.values()) bus.start();
  return whole;
}

/** Modules at one device share its line. */
function makerOf(
  name: string,
  module: ModuleConfiguration,
  buses: Map<string, ModbusBus>,
  serial: SerialServices,
): ModuleMaker {
  const { protocol, relays, inputs, unit, poll, answerWithin, device } = module;
  if (protocol === 'lcus') {
    return (listener) => new LcusModule(name, relays, serialDeviceOf(module), serial, listener);
  }
  const bus = buses.get(device) ?? new ModbusBus(serialDeviceOf(module), serial);
  buses.set(device, bus);
  const { reports } = serial;
  return (listener) => {
    return new ModbusModule({ name, unit, relays, inputs, poll, answerWithin, bus, reports, listener });
  };
}
