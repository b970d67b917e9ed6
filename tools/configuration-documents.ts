// The two documents that are made from the configuration's schema: the JSON Schema for editors, the reference for people.
// `tools/write-configuration-documents.mjs` writes them; a test compares them with what stands in docs/.

import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { configurationSchema } from '../src/config/schema.ts';
import { type SchemaShape, unwrap } from '../src/config/structure.ts';

/** The parts of JSON Schema that the reference reads; `unit` and `requiresRestart` are our annotations. */
interface JsonNode {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: JsonNode;
  readonly properties?: { readonly [key: string]: JsonNode };
  readonly additionalProperties?: JsonNode | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonNode[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly unit?: string;
  readonly requiresRestart?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minimumDuration?: string;
  readonly maximumDuration?: string;
}

/** docs/doorphone.schema.json */
export function jsonSchemaText(): string {
  const schema = toJsonSchema(configurationSchema, { typeMode: 'input', target: 'draft-2020-12', errorMode: 'ignore' });
  const head = { title: 'doorphone', description: 'Configuration of doorphone, as YAML.' };
  const described = annotate(JSON.parse(JSON.stringify(schema)), configurationSchema);
  return `${JSON.stringify({ $schema: schema.$schema, ...head, ...described }, null, 2)}\n`;
}

/** What stands behind a transformation describes the key too; the library leaves it out with the output. */
function annotate(json: JsonNode, schema: SchemaShape): JsonNode {
  const shape = unwrap(schema);
  const below = {
    ...(json.properties === undefined ? {} : { properties: annotateEach(json.properties, shape) }),
    ...(json.items === undefined || shape.item === undefined ? {} : { items: annotate(json.items, shape.item) }),
    ...(typeof json.additionalProperties !== 'object' || shape.value === undefined
      ? {}
      : { additionalProperties: annotate(json.additionalProperties, shape.value) }),
  };
  return { ...json, ...v.getMetadata(shape as v.GenericSchema), ...below };
}

function annotateEach(properties: Record<string, JsonNode>, shape: SchemaShape): Record<string, JsonNode> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, node]) => {
      const entry = shape.entries?.[key];
      return [key, entry === undefined ? node : annotate(node, entry)];
    }),
  );
}

const INTRODUCTION = `# Configuration

\`/etc/doorphone/doorphone.yaml\`, or the file that \`--config\` names. \`doorphone check FILE\` says everything that is
wrong in it, each with line, column and the mend. Editors that know JSON Schema complete and check it with
[doorphone.schema.json](doorphone.schema.json):

\`\`\`yaml
# yaml-language-server: $schema=./doorphone.schema.json
name: Front door
board: virtual
accounts:
  - uri: sip:door@example.com
    password: { file: secrets/sip }
buttons:
  front:
    line: button
    call: [ "sip:101@example.com" ]
doors:
  main:
    relay: relay
    code: { file: secrets/main-code }
\`\`\`

- A duration is a number with its unit: \`500ms\`, \`3s\`, \`2m\`, \`1h\`.
- A secret is a text in quotes, \`{ file: PATH }\` (a newline at its end is left off) or \`{ env: NAME }\`. A file that
  everybody on the machine can read is warned of. In a provisioned profile it may be \`{ age: TEXT }\`: encrypted with
  [age](https://age-encryption.org) to the device's own key.
- A relative path is relative to the folder of the configuration.
- A text that begins with \`*\`, \`#\` or \`&\`, or looks like a number, needs quotes: \`"*12#"\`.
- **R** marks keys whose change is carried out at the next start only.

What this version does not carry out yet is accepted, and \`check\` warns of it.
`;

/** docs/configuration.md */
export function referenceText(): string {
  const root: JsonNode = JSON.parse(jsonSchemaText());
  const sections = Object.entries(root.properties ?? {});
  const scalars = sections.filter(([, node]) => inside(node) === undefined);
  const tables = sections.filter(([, node]) => inside(node) !== undefined);
  return [
    INTRODUCTION,
    '## At the top\n',
    table(scalars, root.required ?? []),
    ...tables.flatMap(([key, node]) => section(key, node)),
  ].join('\n');
}

/** The table of keys that a key holds: its own, its items', or its names'. */
function inside(node: JsonNode): { readonly suffix: string; readonly node: JsonNode } | undefined {
  if (node.properties !== undefined) return { suffix: '', node };
  if (node.items?.properties !== undefined) return { suffix: '[]', node: node.items };
  const named = node.additionalProperties;
  return typeof named === 'object' && named.properties !== undefined ? { suffix: '.NAME', node: named } : undefined;
}

function section(key: string, node: JsonNode): string[] {
  const held = inside(node);
  if (held === undefined) return [];
  const entries = Object.entries(held.node.properties ?? {});
  const flat = entries.flatMap(([name, entry]): [string, JsonNode][] =>
    entry.properties === undefined
      ? [[name, entry]]
      : Object.entries(entry.properties).map(([below, deeper]) => [`${name}.${below}`, deeper]),
  );
  return [`## ${key}${held.suffix}\n`, `${node.description ?? ''}\n`, table(flat, held.node.required ?? [])];
}

function table(entries: readonly (readonly [string, JsonNode])[], required: readonly string[]): string {
  const rows = entries.map(([key, node]) => {
    const mark = node.requiresRestart === true ? ' **R**' : '';
    const cells = [`\`${key}\`${mark}`, values(node), fallback(node, required.includes(key)), node.description ?? ''];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| key | value | default | |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function values(node: JsonNode): string {
  if (node.properties !== undefined) return `{ ${Object.keys(node.properties).join(', ')} }`;
  if (node.enum !== undefined) return node.enum.map((choice) => `\`${String(choice)}\``).join(', ');
  if (node.items !== undefined) return `list of ${values(node.items)}`;
  if (typeof node.additionalProperties === 'object') return `table of ${values(node.additionalProperties)}`;
  if (node.unit === 'who may call') return 'text or `{ username, password }`';
  if (node.anyOf !== undefined) return 'secret';
  if (node.unit === 'duration') {
    const bounds = node.minimumDuration === undefined ? '' : `, ${node.minimumDuration} to ${node.maximumDuration}`;
    return `duration${bounds}`;
  }
  if (node.unit === 'duration or off') return '`off` or a duration';
  if (node.unit === 'number') return `${node.minimum} to ${node.maximum}`;
  if (node.unit === 'percent') return `percent, ${node.minimum} to ${node.maximum}`;
  return node.type === 'boolean' ? '`true`, `false`' : 'text';
}

function fallback(node: JsonNode, required: boolean): string {
  if (required) return '*required*';
  if (node.default === undefined) return '–';
  const texts = Array.isArray(node.default) ? node.default : [node.default];
  return Array.isArray(node.default) ? `\`[ ${texts.join(', ')} ]\`` : `\`${String(node.default)}\``;
}
