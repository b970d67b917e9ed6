// The serial contract, held against the kernel's pseudo-terminals and against the devices that unit tests play.

import { nativeSerial } from '../../src/hardware/drivers/index.ts';
import { FakeSerial } from '../support/fake-serial.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import { describeSerial } from './serial-suite.ts';

describeSerial('the kernel’s', () => {
  const terminal = new PseudoTerminal();
  return {
    system: nativeSerial(),
    path: terminal.path,
    send: (bytes) => terminal.send(bytes),
    takeWritten: () => terminal.takeWritten(),
    unplug: () => terminal.unplug(),
    dispose: () => terminal.unplug(),
  };
});

describeSerial('the tests’', () => {
  const system = new FakeSerial();
  const device = system.device('/dev/ttyUSB0');
  return {
    system,
    path: '/dev/ttyUSB0',
    send: (bytes) => device.send(bytes),
    takeWritten: () => device.takeWritten(),
    unplug: () => device.unplug(),
    dispose: () => undefined,
  };
});
