// Reads a module of TypeScript with all that it imports: Node by itself does not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { NATIVE_PACKAGES } from './native-packages.mjs';

/** @param entry below the project's folder. @returns what it exports */
export async function importBundled(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'doorphone-tool-'));
  try {
    const outfile = join(folder, 'tool.cjs');
    await build({
      entryPoints: [new URL(`../${entry}`, import.meta.url).pathname],
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      external: NATIVE_PACKAGES,
      define: { 'import.meta.url': JSON.stringify(pathToFileURL(outfile).href) },
      logLevel: 'error',
    });
    return (await import(outfile)).default;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
