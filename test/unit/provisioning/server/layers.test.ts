// The owner's layers: what a device gets of them, and where a fault is said to be.

import { describe, expect, it } from 'vitest';
import { ProfileLayers } from '../../../../src/provisioning/server/layers.ts';

const ID = 'b827eb010203';

function layersOf(texts: Readonly<Record<string, string>>): ProfileLayers {
  const layers = ProfileLayers.read(new Map(Object.entries(texts)));
  if (!(layers instanceof ProfileLayers)) throw new Error(layers.join('\n'));
  return layers;
}

describe('layers', () => {
  it('are common, model, site and device, the later over the earlier, and the conditions stand apart', () => {
    const layers = layersOf({
      'common.yaml': 'name: Common\nlog: { level: warn }\nprofile: { proveWithin: 90s }',
      'models/one.yaml': 'name: Model\nboard: virtual',
      'sites/north.yaml': 'name: Site\nmqtt: { url: "mqtt://house" }',
      [`devices/${ID}.yaml`]: 'name: Door\nprofile: { site: north, notAfter: "2027-01-01T00:00:00Z", stray: 1 }',
    });
    const { values, conditions } = layers.render({ id: ID, model: 'one' });
    expect(values).toEqual({ name: 'Door', log: { level: 'warn' }, board: 'virtual', mqtt: { url: 'mqtt://house' } });
    expect(conditions).toEqual({ proveWithin: '90s', notAfter: '2027-01-01T00:00:00Z' });
    expect(layers.devices).toEqual([ID]);
  });

  it('of another model and of no site are left out', () => {
    const layers = layersOf({
      'common.yaml': 'name: Common',
      'models/two.yaml': 'name: Other',
      'sites/north.yaml': 'name: Site',
    });
    expect(layers.render({ id: ID, model: 'one' }).values).toEqual({ name: 'Common' });
    expect(layers.render({ id: ID, model: '../sites/north' }).values).toEqual({ name: 'Common' });
  });

  it('give another fingerprint when and only when the profile is another', () => {
    const texts = { 'common.yaml': 'name: A\n', [`devices/${ID}.yaml`]: 'board: virtual' };
    const before = layersOf(texts).render({ id: ID, model: '' }).fingerprint;
    const fingerprint = (changed: Readonly<Record<string, string>>): string =>
      layersOf({ ...texts, ...changed }).render({ id: ID, model: '' }).fingerprint;
    expect(fingerprint({ 'common.yaml': '# said otherwise\nname: "A"' })).toBe(before);
    expect(fingerprint({ 'devices/000000000000.yaml': 'name: B' })).toBe(before);
    expect(fingerprint({ 'common.yaml': 'name: B' })).not.toBe(before);
    expect(fingerprint({ 'common.yaml': 'name: A\nprofile: { proveWithin: 5s }' })).not.toBe(before);
  });

  it('that are no YAML are said with file and line, all of them', () => {
    expect(
      ProfileLayers.read(
        new Map([
          ['common.yaml', 'name: [A'],
          ['models/one.yaml', '- a\n- b'],
          ['sites/x.yaml', ''],
        ]),
      ),
    ).toEqual([
      expect.stringMatching(/^common\.yaml:1:\d+: /),
      'models/one.yaml:1:1: is not a list of keys; write keys like name: Front door',
    ]);
  });

  it('with a wrong value are said where the strongest layer says it', () => {
    const layers = layersOf({
      'common.yaml': 'board: virtual\nlog:\n  level: loud\ndoors:\n  main: { relay: relay, openFor: 3 }',
      'models/one.yaml': 'doors:\n\n  main:\n    openFor: never',
      [`devices/${ID}.yaml`]: 'nmae: Door',
    });
    const faults = layers.faultsOf({ id: ID, model: 'one' });
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^common\.yaml:3:10: log\.level: /),
        expect.stringMatching(/^models\/one\.yaml:4:14: doors\.main\.openFor: /),
        expect.stringMatching(/^devices\/b827eb010203\.yaml:1:\d: nmae: .*name/),
      ]),
    );
    expect(faults).toHaveLength(3);
  });

  it('may not name files of the server: a device has not got them', () => {
    const layers = layersOf({
      'common.yaml': 'board: virtual\naccounts:\n  - uri: sip:a@example.com\n    password: { file: /etc/shadow }',
    });
    const faults = layers.faultsOf({ id: ID, model: '' });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^common\.yaml:4:15: accounts\[0\]\.password: /);
  });
});
