// Bundles src/cli into dist/doorphone.cjs and the demo's phone into dist/indoor-phone.js. The program is one CommonJS
// function expression, which bin/doorphone compiles from V8's code cache (code-cache.mjs): reading and compiling it
// would be a third of the time from start to REGISTER. Packages that only some services need are files beside it: V8 keeps
// the text of a program for as long as it runs.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { NATIVE_PACKAGES } from './native-packages.mjs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
// A clock that shows less is not set; two builds of one source may be made equal (reproducible-builds.org).
const epoch = process.env.SOURCE_DATE_EPOCH;
const built = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
};

/** Packages that few services need, a third of the whole: MQTT, the demo's broker, profiles with encrypted secrets. */
const APART = ['mqtt', 'aedes', 'age-encryption'];
const apartFile = (name) => `./${name}.cjs`;

rmSync('dist', { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/doorphone.cjs',
  format: 'cjs',
  // Files of their own, read where they are used.
  alias: Object.fromEntries(APART.map((name) => [name, apartFile(name)])),
  external: [...APART.map(apartFile), ...NATIVE_PACKAGES],
  supported: { 'dynamic-import': false },
  // Names stay, for traces that can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  // One octet a character: V8 keeps the text half as large.
  charset: 'ascii',
  define: {
    __DOORPHONE_VERSION__: JSON.stringify(version),
    __DOORPHONE_BUILT__: JSON.stringify(built.toISOString()),
    'import.meta.url': '__moduleUrl',
  },
  banner: {
    js: "(function (exports, require, module, __filename) { const __moduleUrl = require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
});
await build({
  ...common,
  entryPoints: APART,
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  sourcemap: false,
  minifyWhitespace: true,
  minifySyntax: true,
});
await build({
  ...common,
  entryPoints: ['src/demo/indoor-phone-main.ts'],
  outfile: 'dist/indoor-phone.js',
  format: 'esm',
  // CommonJS packages in an ES module bundle still call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
