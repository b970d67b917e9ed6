// Writes the manual page and the completion for bash into a folder: `node tools/write-command-documents.mjs FOLDER`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importBundled } from './import-bundled.mjs';

const [, , folder = '.'] = process.argv;
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const epoch = process.env.SOURCE_DATE_EPOCH;
const date = (epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)).toISOString().slice(0, 10);
const { manualPage, bashCompletion } = await importBundled('tools/command-documents.ts');
writeFileSync(join(folder, 'doorphone.1'), manualPage(version, date));
writeFileSync(join(folder, 'doorphone.bash'), bashCompletion());
