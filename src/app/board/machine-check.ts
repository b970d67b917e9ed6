// What can be said of a machine without anybody pressing anything: whether its chips, its sound card, its ports are there and
// may be used, and whether the lines that its board needs stand in config.txt.

import type { AudioDevice, BoardData } from '../../config/index.ts';
import { Chips, type GpioSystem } from '../../hardware/drivers/index.ts';
import { chipLabel } from '../boards.ts';
import { bad, type Finding, good, thrownFinding, warning } from './finding.ts';

/** The machine's files. */
export interface MachineFiles {
  /** Undefined: it is not there, or may not be read. */
  read(path: string): string | undefined;
  has(path: string): boolean;
  mayUse(path: string): boolean;
  /** Names in a folder; empty where there is none. */
  list(folder: string): readonly string[];
  /** Who asks. */
  readonly user: string;
}

/** Where the firmware of Raspberry Pis reads its settings from, the newer place first. */
const CONFIG_TXT = ['/boot/firmware/config.txt', '/boot/config.txt'];
const CARDS = '/proc/asound/cards';
const SOUND_FOLDER = '/dev/snd';

/** The chips, and among them the board's own. */
export function checkChips(data: BoardData, gpio: () => GpioSystem, user: string): readonly Finding[] {
  const subject = 'GPIO';
  try {
    const chips = new Chips(gpio());
    try {
      const labels = chips.all.map(({ label, lines }) => `${label} with ${lines} lines`);
      const chip = chipLabel(data.chip);
      const isThere = chip === undefined || chips.chip(chip) !== undefined;
      if (isThere) return [good(subject, labels.join(', '))];
      const what = `the board’s chip ${chip} is not there; there is ${labels.join(', ')}`;
      return [bad(subject, what, 'name the board that this is (`doorphone board`), or load the driver of the chip')];
    } finally {
      chips.close();
    }
  } catch (thrown) {
    return [thrownFinding(subject, thrown, `add ${user} to the group gpio (usermod -aG gpio ${user})`)];
  }
}

/** The board's lines for config.txt, where there is one. */
export function checkOverlays({ overlays }: BoardData, files: MachineFiles): readonly Finding[] {
  const path = CONFIG_TXT.find((one) => files.has(one));
  const text = path === undefined ? undefined : files.read(path);
  if (path === undefined || text === undefined || overlays.length === 0) return [];
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const missing = overlays.filter((overlay) => !lines.includes(overlay));
  if (missing.length === 0) return [good(path, 'has the lines that the board needs')];
  return missing.map((overlay) => warning(path, `lacks ${overlay}`, 'add it, and restart the board'));
}

/** Serial ports and watchdog that the board has by its data. */
export function checkPorts({ serial, watchdog }: BoardData, files: MachineFiles): readonly Finding[] {
  const ports = serial.map((port): Finding => {
    if (!files.has(port)) return warning('serial port', `${port} is not there`, 'enable it, if anything hangs on it');
    if (files.mayUse(port)) return good('serial port', port);
    return bad('serial port', `${files.user} may not use ${port}`, `add ${files.user} to the group dialout`);
  });
  if (watchdog === undefined) return ports;
  const isThere = files.has(watchdog);
  const mend = 'load its driver: a board that hangs is not restarted without';
  return [...ports, isThere ? good('watchdog', watchdog) : warning('watchdog', `${watchdog} is not there`, mend)];
}

/** The cards, for a configuration that wants one. */
export function checkCards({ kind }: AudioDevice, files: MachineFiles): readonly Finding[] {
  if (kind !== 'alsa') return [];
  const cards = (files.read(CARDS) ?? '')
    .split('\n')
    .flatMap((line) => /^ *\d+ \[[^\]]+\]: (.+)$/.exec(line)?.[1] ?? []);
  if (cards.length === 0) {
    return [bad('sound card', 'there is none', 'plug one in, or add the overlay of the HAT to config.txt')];
  }
  const forbidden = files
    .list(SOUND_FOLDER)
    .find((name) => /^pcm/.test(name) && !files.mayUse(`${SOUND_FOLDER}/${name}`));
  if (forbidden === undefined) return [good('sound card', cards.join(', '))];
  const what = `${files.user} may not use ${SOUND_FOLDER}/${forbidden}`;
  return [bad('sound card', what, `add ${files.user} to the group audio (usermod -aG audio ${files.user})`)];
}
