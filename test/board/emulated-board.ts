// Boots the emulated board on the host's own files, has it run one scenario, and hears what it tells.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type KernelOptions, type Run, runKernel } from './user-mode-kernel.ts';

const HERE = new URL('.', import.meta.url).pathname;

export interface BootOptions extends KernelOptions {
  /** Handed to the scenario's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Builds the kernel where there is none yet. @returns its path */
export function kernel(): string {
  return execFileSync(`${HERE}kernel`, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/**
 * @param image the kernel
 * @param scenario a file beside this one, JavaScript or TypeScript; its imports come along
 */
export async function boot(image: string, scenario: string, options: BootOptions = {}): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'doorphone-board-'));
  try {
    await pack(folder, scenario, options.environment ?? {});
    const parameters = ['rootflags=/', 'ro', `init=${folder}/init`, `FOLDER=${folder}`];
    return await runKernel(image, parameters, folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts into a folder what the board's first program looks for. */
async function pack(folder: string, scenario: string, environment: Readonly<Record<string, string>>): Promise<void> {
  copyFileSync(`${HERE}init`, join(folder, 'init'));
  writeFileSync(join(folder, 'node'), process.execPath);
  writeFileSync(join(folder, 'chance'), randomBytes(256));
  await build({
    entryPoints: [`${HERE}${scenario}`],
    outfile: join(folder, 'scenario.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    plugins: [suiteRunner, sourcePlaces],
    // CommonJS packages in an ES module still call require for Node's own modules.
    banner: {
      js: [
        "import { createRequire as __createRequire } from 'node:module';",
        'const require = __createRequire(import.meta.url);',
        `Object.assign(process.env, ${JSON.stringify(environment)});`,
      ].join('\n'),
    },
  });
}

/** Every module's URL is its source's, from where it finds the product and the speech files. */
const sourcePlaces: Plugin = {
  name: 'source-places',
  setup: (bundle) => {
    bundle.onLoad({ filter: /\/(test|src)\/.*\.(ts|mjs)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    }));
  },
};

/** Contract suites are run by a runner of ours. */
const suiteRunner: Plugin = {
  name: 'suite-runner',
  setup: (bundle) => {
    bundle.onResolve({ filter: /^vitest$/ }, () => ({ path: `${HERE}suite-runner.ts` }));
  },
};
