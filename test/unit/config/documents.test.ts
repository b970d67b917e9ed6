import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchemaText, referenceText } from '../../../tools/configuration-documents.ts';
import { parse } from './support.ts';

const REFRESH = 'run: node tools/write-configuration-documents.mjs';

describe('the documents of the schema', () => {
  it('docs/doorphone.schema.json is the schema', () => {
    expect(readFileSync('docs/doorphone.schema.json', 'utf8'), REFRESH).toBe(jsonSchemaText());
  });

  it('docs/configuration.md is the schema', () => {
    expect(readFileSync('docs/configuration.md', 'utf8'), REFRESH).toBe(referenceText());
  });

  it('every key has a title and a description', () => {
    const bare: string[] = [];
    const visit = (node: { [key: string]: unknown }, path: string): void => {
      const properties = Object.entries((node.properties ?? {}) as { [key: string]: { [key: string]: unknown } });
      for (const [key, inside] of properties) {
        if (inside.title === undefined || inside.description === undefined) bare.push(`${path}${key}`);
        visit(inside, `${path}${key}.`);
        if (typeof inside.items === 'object') visit(inside.items as { [key: string]: unknown }, `${path}${key}[].`);
        const named = inside.additionalProperties;
        if (typeof named === 'object') visit(named as { [key: string]: unknown }, `${path}${key}.NAME.`);
      }
    };
    visit(JSON.parse(jsonSchemaText()), '');
    expect(bare).toEqual([]);
  });

  it('the example of the reference has no fault', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(referenceText())?.[1] ?? '';
    const readFile = () => ({ text: '47114711\n', mode: 0o100600 });
    expect(parse(example, { readFile }).faults).toEqual([]);
    expect(parse(example, { readFile }).warnings).toEqual([]);
  });
});
