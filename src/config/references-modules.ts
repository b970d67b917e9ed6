// What no single key of `modules` can tell: relays and inputs that a module has, one way of speaking on each line.

import { complaint } from './complaint.ts';
import { formatPath, type Path } from './document.ts';
import { type ModulePlace, readModulePlace } from './module-places.ts';
import { checkName, tables } from './named-tables.ts';
import { isTable, type Report } from './structure.ts';

type File = Readonly<Record<string, unknown>>;

/** Where a line of a file leads; undefined: not to a module. */
export function placeIn({ lines }: File, line: string): ModulePlace | undefined {
  const wired = isTable(lines) && Object.hasOwn(lines, line) ? lines[line] : undefined;
  const at = isTable(wired) ? wired.at : undefined;
  return readModulePlace(typeof at === 'string' ? at : line);
}

/** A use of a module's line. */
export interface ModuleLineUse {
  readonly path: Path;
  readonly line: string;
  readonly place: ModulePlace;
  /** Whether an input is wanted. */
  readonly input: boolean;
}

/** Whether there is such a relay or input, and it is what is wanted. */
export function checkModuleLine(value: File, { path, line, place, input }: ModuleLineUse, fault: Report): void {
  const modules = tables(value, 'modules');
  const module = modules.find(([name]) => name === place.module)?.[1];
  if (module === undefined) {
    checkName(path, place.module, 'module', modules, fault);
    return;
  }
  const isInput = place.direction === 'input';
  const kind = isInput ? 'inputs' : 'relays';
  const has = module[kind];
  if (isInput !== input) {
    const what = `${line} is ${isInput ? 'an input' : 'a relay'} of ${place.module}`;
    fault(path, complaint(what, `name ${input ? 'an input' : 'a relay'}`), 'value');
  } else if (typeof has === 'number' && place.number > has) {
    const mend = `name one of them, or correct modules.${place.module}.${kind}`;
    fault(path, complaint(`the module ${place.module} has ${has} ${kind}`, mend), 'value');
  }
  checkWiring(value, line, isInput, fault);
}

/** What a module cannot do: its relays are on or off, and its inputs have a chip of their own. */
function checkWiring({ lines }: File, line: string, isInput: boolean, fault: Report): void {
  const wired = isTable(lines) && Object.hasOwn(lines, line) ? lines[line] : undefined;
  if (!isTable(wired)) return;
  const unused = ['bias', 'drive', 'debounce', ...(isInput ? [] : ['active'])];
  for (const key of unused) {
    if (wired[key] === undefined) continue;
    const mend = key === 'active' ? 'take it out, and wire the relay’s other contact' : 'take it out';
    fault(['lines', line, key], complaint('is not for a line of a module', mend), 'key');
  }
}

/** Several modules share a line where they speak in the same way and have numbers of their own. */
export function checkModules(value: File, fault: Report): void {
  const modules = tables(value, 'modules');
  for (const [at, [name, module]] of modules.entries()) {
    if (module.protocol === 'lcus' && typeof module.relays === 'number' && module.relays > 8) {
      fault(['modules', name, 'relays'], complaint('is more than such a board has', 'write 8 at most'), 'value');
    }
    if (module.protocol === 'lcus' && typeof module.inputs === 'number' && module.inputs > 0) {
      fault(['modules', name, 'inputs'], complaint('is more than such a board has', 'take it out'), 'value');
    }
    const [other, before] = modules.slice(0, at).find(([, one]) => one.device === module.device) ?? [];
    if (other === undefined || before === undefined) continue;
    checkShared(['modules', name], module, { path: ['modules', other], module: before }, fault);
  }
}

function checkShared(
  path: Path,
  module: File,
  other: { readonly path: Path; readonly module: File },
  fault: Report,
): void {
  const named = formatPath(other.path);
  if (module.protocol !== 'modbus' || other.module.protocol !== 'modbus') {
    const mend = 'give each its own; only modules of Modbus share one';
    fault([...path, 'device'], complaint(`is the device of ${named} too`, mend), 'value');
    return;
  }
  for (const key of ['baud', 'dataBits', 'parity', 'stopBits']) {
    if (module[key] === other.module[key]) continue;
    const mend = `write the same as ${named}`;
    fault([...path, key], complaint(`is another than that of ${named}, on the same line`, mend), 'value');
  }
  if (module.unit === other.module.unit) {
    fault([...path, 'unit'], complaint(`is the number of ${named} too`, 'give each its own'), 'value');
  }
}
