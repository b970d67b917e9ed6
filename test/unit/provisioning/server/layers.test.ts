// The owner's layers: what a device gets of them, and where a fault is said to be.

import { describe, expect, it } from 'vitest';
import { ProfileLayers } from '../../../../src/provisioning/server/layers.ts';
import { finish } from '../../../../src/provisioning/server/work.ts';

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

  it('are put together once, as JSON around the serial number', () => {
    const device = { id: ID, model: '' };
    const layers = layersOf({ [`devices/${ID}.yaml`]: 'name: A\nprofile: { proveWithin: 5s, effectiveBy: 60 }' });
    const { text, effectiveBy } = layers.profileOf(device);
    expect(JSON.parse(text.join('7'))).toEqual({ profile: { serial: 7, proveWithin: '5s' }, name: 'A' });
    expect(text.join('7')).toMatch(/\n$/);
    expect(effectiveBy).toBe(60);
    expect(layers.profileOf(device)).toBe(layers.profileOf(device));
  });

  it('without a file of the device are one profile for all of a model', () => {
    const layers = layersOf({ 'common.yaml': 'name: A', 'models/one.yaml': 'name: B' });
    expect(layers.profileOf({ id: ID, model: 'one' })).toBe(layers.profileOf({ id: '02', model: 'one' }));
    expect(layers.profileOf({ id: ID, model: 'two' }).text.join('1')).toContain('"A"');
    expect(layers.profileOf({ id: ID, model: 'one' }).text.join('1')).toContain('"B"');
  });

  it('that are as they were are taken over, and no others', () => {
    const texts = {
      'common.yaml': 'name: A',
      'sites/north.yaml': 'board: virtual',
      [`devices/${ID}.yaml`]: 'profile: { site: north }',
      'devices/020000000001.yaml': 'name: B',
    };
    const device = { id: ID, model: '' };
    const before = layersOf(texts);
    const profile = before.profileOf(device);
    const takenOver = (changed: Readonly<Record<string, string>>): boolean => {
      const now = finish(ProfileLayers.reading(new Map(Object.entries({ ...texts, ...changed })), before.parsed));
      if (!(now instanceof ProfileLayers)) throw new Error(now.join('\n'));
      const isTaken = now.takesOver(device, before);
      expect(now.profileOf(device) === profile).toBe(isTaken);
      return isTaken;
    };
    expect(takenOver({ 'devices/020000000001.yaml': 'name: C' })).toBe(true);
    expect(takenOver({ 'common.yaml': 'name: C' })).toBe(false);
    expect(takenOver({ 'sites/north.yaml': 'name: C' })).toBe(false);
    expect(takenOver({ [`devices/${ID}.yaml`]: 'name: C' })).toBe(false);
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
