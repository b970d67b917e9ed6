// Writes board/<name>/wiring.md anew from the boards' data: `node tools/write-wiring-pages.mjs`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importBundled } from './import-bundled.mjs';

const folder = fileURLToPath(new URL('../board', import.meta.url));
const { wiringPages } = await importBundled('tools/wiring-pages.ts');
for (const { board, text } of wiringPages(folder)) writeFileSync(`${folder}/${board}/wiring.md`, text);
