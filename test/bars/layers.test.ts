// Layers point one way. A row names its highest imports; what those import is allowed too, and base always.

import { describe, expect, it } from 'vitest';
import { importsOf, readSources } from './source-tree.ts';

const highestImports: { readonly [layer: string]: readonly string[] } = {
  base: [],
  'native.ts': ['base'],
  api: ['base'],
  eventlog: ['api'],
  config: ['base'],
  http: ['sip'],
  sdp: ['base'],
  'sip/message': ['base'],
  'sip/transport': ['sip/message'],
  'sip/locate': ['sip/message'],
  'sip/transaction': ['sip/message'],
  'sip/auth': ['sip/message'],
  'sip/identity': ['sip/message'],
  'sip/dialog': ['sip/transaction'],
  'sip/exchange': ['sip/transaction', 'sip/auth'],
  'sip/session': ['sip/dialog', 'sip/exchange', 'sip/identity'],
  'sip/register': ['sip/exchange'],
  'sip/event': ['sip/dialog', 'sip/exchange'],
  'sip/agent': ['sip/session', 'sip/register', 'sip/event', 'sip/transport', 'sip/locate'],
  sip: ['sip/agent'],
  media: ['native.ts'],
  'hardware/ports': ['base'],
  'hardware/drivers': ['hardware/ports', 'native.ts'],
  call: ['sip', 'sdp', 'media'],
  door: ['api', 'call', 'media', 'hardware/ports', 'config'],
  provisioning: ['api', 'sip', 'config', 'http'],
  mqtt: ['api', 'config'],
  panel: ['api', 'config'],
  control: ['api', 'config'],
  app: ['door', 'provisioning', 'mqtt', 'panel', 'control', 'eventlog', 'hardware/drivers'],
  demo: ['app'],
  cli: ['app', 'demo'],
};

const layers = Object.keys(highestImports).sort((a, b) => b.length - a.length);

function layerOf(path: string): string {
  const inside = path.replace(/^src\//, '');
  const layer = layers.find((name) => inside === name || inside.startsWith(`${name}/`));
  if (layer === undefined) throw new Error(`${path} is in no layer: give its folder a row in the table`);
  return layer;
}

function allowed(layer: string): Set<string> {
  const reached = new Set([layer, 'base']);
  for (const next of highestImports[layer] ?? []) for (const deeper of allowed(next)) reached.add(deeper);
  return reached;
}

const files = readSources('src', ['.ts']);

describe('layers', () => {
  it.each(files.map((file) => [file.path, file] as const))('%s imports only what its layer may', (path, file) => {
    const own = layerOf(path);
    const permitted = allowed(own);
    const violations = importsOf(file).filter((imported) => !permitted.has(layerOf(imported)));
    expect(violations).toEqual([]);
  });

  it('sip is entered by its index alone', () => {
    const intruders = files
      .filter((file) => !file.path.startsWith('src/sip/'))
      .flatMap((file) => importsOf(file).map((imported) => `${file.path} → ${imported}`))
      .filter((edge) => / → src\/sip\/(?!index\.ts$)/.test(edge));
    expect(intruders).toEqual([]);
  });

  it('no file imports itself by way of others', () => {
    const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
    const finished = new Set<string>();
    const rings: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) rings.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      else if (!finished.has(path)) for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
      finished.add(path);
    };
    for (const path of imports.keys()) visit(path, []);
    expect(rings).toEqual([]);
  });

  it('the table itself is checked: it forbids what it does not name', () => {
    expect(allowed('door').has('sip')).toBe(true);
    expect(allowed('sip/session').has('sip/register')).toBe(false);
    expect(allowed('mqtt').has('door')).toBe(false);
    expect(allowed('sdp').has('sip/message')).toBe(false);
  });
});
