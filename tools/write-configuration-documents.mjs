// Writes docs/doorphone.schema.json and docs/configuration.md anew from the schema:
// `node tools/write-configuration-documents.mjs`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'doorphone-documents-'));
try {
  const outfile = join(folder, 'documents.cjs');
  const entry = new URL('tools/configuration-documents.ts', root).pathname;
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  const { jsonSchemaText, referenceText } = (await import(outfile)).default;
  writeFileSync(new URL('docs/doorphone.schema.json', root), jsonSchemaText());
  writeFileSync(new URL('docs/configuration.md', root), referenceText());
} finally {
  rmSync(folder, { recursive: true });
}
