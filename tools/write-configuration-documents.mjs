// Writes docs/doorphone.schema.json and docs/configuration.md anew from the schema:
// `node tools/write-configuration-documents.mjs`.
import { writeFileSync } from 'node:fs';
import { importBundled } from './import-bundled.mjs';

const root = new URL('..', import.meta.url);
const { jsonSchemaText, referenceText } = await importBundled('tools/configuration-documents.ts');
writeFileSync(new URL('docs/doorphone.schema.json', root), jsonSchemaText());
writeFileSync(new URL('docs/configuration.md', root), referenceText());
