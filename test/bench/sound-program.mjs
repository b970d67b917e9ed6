// Programs that look at sound alone, made of the product's own C and of what its tests have for it.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const NATIVE = fileURLToPath(new URL('../../native/', import.meta.url));
/** What reads voices and looks at them. */
const COMMON = ['dsp/minimum-phase', 'dsp/resampler', 'fileio/wav-parse', 'voice/spectrum'];

/** How such a program is compiled, beside its own source. @param parts files of native/, without `.c` */
export function soundFlags(parts, libraries = []) {
  const sources = [...new Set([...COMMON, ...parts])].map((name) => `${NATIVE}${name}.c`);
  return ['-O3', `-I${NATIVE}`, `-I${NATIVE}../test/native`, ...sources, ...libraries, '-lm'];
}

/** What it has to say, as JSON: it looks for voices from native/. */
export function soundFigures(program, ...args) {
  return JSON.parse(execFileSync(program, args, { cwd: NATIVE, encoding: 'utf8' }));
}
