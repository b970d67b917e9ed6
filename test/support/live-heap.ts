// What a program holds on to, by kind, from a snapshot of V8's heap: what V8 makes of the program's code meanwhile is left
// out, which grows for thousands of calls and then no more.

import { getHeapSnapshot } from 'node:v8';

/** Octets by V8's name of the kind: `object`, `closure`, `string`. What is told is small, since it lives there too. */
export type LiveHeap = Readonly<Record<string, number>>;

/** The part of the format that is read here. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly (readonly string[])[] };
  };
  readonly nodes: readonly number[];
}

/**
 * Code, the shapes of objects, V8's own lists of them; arrays, which such lists and the room in tables are as well; the slabs
 * that Node cuts small buffers from. Whoever holds a buffer, or an entry of a table, holds an object as well.
 */
const LEFT_OUT = new Set(['code', 'hidden', 'object shape', 'synthetic', 'array', 'native']);
/** Sweeps, and looks at what is left. */
export async function liveHeap(): Promise<LiveHeap> {
  const parts: Buffer[] = [];
  for await (const part of getHeapSnapshot()) parts.push(Buffer.from(part));
  const { snapshot, nodes }: Snapshot = JSON.parse(Buffer.concat(parts).toString());
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf('type'), fields.indexOf('self_size')];
  const live: Record<string, number> = {};
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = types[type]?.[nodes[at + type] ?? 0] ?? '';
    if (!LEFT_OUT.has(kind)) live[kind] = (live[kind] ?? 0) + (nodes[at + size] ?? 0);
  }
  return live;
}

/** How many octets there are more of each kind. */
export function growth(before: LiveHeap, after: LiveHeap): LiveHeap {
  return Object.fromEntries(Object.entries(after).map(([kind, bytes]) => [kind, bytes - (before[kind] ?? 0)]));
}

/** How many there are more of all kinds. */
export function grown(before: LiveHeap, after: LiveHeap): number {
  return Object.values(growth(before, after)).reduce((total, bytes) => total + bytes, 0);
}
