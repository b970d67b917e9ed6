// Puts the packages with compiled parts, and what they need, into a folder of the Debian package, for one processor:
// `node native-packages.mjs CPU WORK FOLDER`. What is fetched is what package-lock.json names, by its sums.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NATIVE_PACKAGES } from '../../tools/native-packages.mjs';

const [, , cpu, work, folder] = process.argv;
const project = fileURLToPath(new URL('../..', import.meta.url));

/** Sources, documents: a board has no use for them. */
const LEFT_OUT = /(^|\/)(README|CHANGELOG|HISTORY)[^/]*$|\.(md|ts|map|flow)$|\/(test|docs?|examples?|\.github)$/i;
/** Headers that something is compiled with; nothing of it runs. */
const COMPILED_WITH = ['node-addon-api', 'nan'];
/** What compiles the package where no prebuilt one fits: here one does. */
const SOURCES = ['koffi/lib', 'koffi/vendor', '@serialport/bindings-cpp/src'];

mkdirSync(work, { recursive: true });
for (const file of ['package.json', 'package-lock.json']) cpSync(join(project, file), join(work, file));
const choice = ['--omit=dev', '--ignore-scripts', `--cpu=${cpu}`, '--os=linux', '--libc=glibc'];
execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...choice], {
  cwd: work,
  stdio: ['ignore', 'ignore', 'inherit'],
});

/** The names of what an installed package needs; some of them only some processors have. */
function needsOf(name) {
  const file = join(work, 'node_modules', name, 'package.json');
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.keys({ ...dependencies, ...optionalDependencies });
}

const wanted = new Set(NATIVE_PACKAGES);
for (const name of wanted) {
  const from = join(work, 'node_modules', name);
  if (!existsSync(from)) continue;
  for (const need of needsOf(name)) if (!COMPILED_WITH.includes(need)) wanted.add(need);
  cpSync(from, join(folder, name), { recursive: true, filter: (file) => !LEFT_OUT.test(file.slice(from.length)) });
}
for (const source of SOURCES) rmSync(join(folder, source), { recursive: true, force: true });
// Among koffi's sources are parts of what runs.
const mixed = join(folder, 'koffi/src/koffi/src');
for (const one of readdirSync(mixed)) if (!/\.c?js$/.test(one)) rmSync(join(mixed, one), { recursive: true });
const prebuilds = join(folder, '@serialport/bindings-cpp/prebuilds');
for (const one of readdirSync(prebuilds)) {
  if (one !== `linux-${cpu}`) rmSync(join(prebuilds, one), { recursive: true });
}
