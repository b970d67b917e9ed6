// The server's memory: nothing is lost by a restart or a torn line, and the file does not grow for ever.

import { describe, expect, it } from 'vitest';
import { type Device, DeviceStore } from '../../../../src/provisioning/server/device-store.ts';
import type { StoreFile } from '../../../../src/provisioning/server/line-file.ts';
import type { SubscriptionRecord } from '../../../../src/sip/index.ts';

class MemoryFile implements StoreFile {
  text = '';
  full = false;
  replaced = 0;
  read(): string {
    return this.text;
  }
  append(lines: string): void {
    if (this.full) throw new Error('no space left on device');
    this.text += lines;
  }
  replace(lines: string): void {
    if (this.full) throw new Error('no space left on device');
    this.text = lines;
    this.replaced += 1;
  }
}

const device = (id: string, serial = 1): Device => ({
  id,
  vendor: 'v',
  model: 'm',
  version: '1',
  approved: true,
  serial,
  fingerprint: 'f',
  token: `token-of-${id}`,
  seen: 1,
  address: '192.0.2.1',
});

const record: SubscriptionRecord = {
  resource: 'sip:x@y',
  event: 'ua-profile',
  source: { protocol: 'udp', address: '192.0.2.1', port: 5060 },
  until: 1,
  dialog: {
    id: { callId: 'c', localTag: 'l', remoteTag: 'r' },
    local: '<sip:x@y>',
    remote: '<sip:a@b>',
    remoteTarget: 'sip:a@b',
    routeSet: [],
    localSequence: 3,
    secure: false,
    sipsContact: false,
  },
};

describe('the memory of a server', () => {
  it('is there again after a restart: the last word of each device, and what is still subscribed', () => {
    const file = new MemoryFile();
    const store = new DeviceStore(file);
    store.put(device('a'));
    store.put(device('a', 2));
    store.keep('one', record);
    store.keep('two', record);
    store.keep('two', undefined);
    store.flush();
    const again = new DeviceStore(file);
    expect(again.devices).toEqual([device('a', 2)]);
    expect([...again.subscriptions]).toEqual([['one', record]]);
    expect(again.deviceOfToken('token-of-a')?.serial).toBe(2);
    expect(again.deviceOfToken('token')).toBeUndefined();
  });

  it('writes what changed several times in a moment once', () => {
    const file = new MemoryFile();
    const store = new DeviceStore(file);
    for (let serial = 1; serial <= 20; serial += 1) {
      store.put(device('a', serial));
      store.keep('one', { ...record, until: serial });
    }
    store.flush();
    expect(file.text.trim().split('\n')).toHaveLength(2);
    expect(new DeviceStore(file).device('a')?.serial).toBe(20);
  });

  it.each([10, 60, 100])('passes over a line that was torn %i bytes before its end', (missing) => {
    const file = new MemoryFile();
    const store = new DeviceStore(file);
    store.put(device('a'));
    store.put(device('b'));
    store.flush();
    file.text = file.text.slice(0, -missing);
    const again = new DeviceStore(file);
    expect(again.devices).toEqual([device('a')]);
  });

  it('passes over what is no line of its own', () => {
    const file = new MemoryFile();
    file.text = 'null\n7\n"x"\n{"device":{"id":1}}\n{"device":null}\n{}\n\n';
    expect(new DeviceStore(file).devices).toEqual([]);
  });

  it('writes what a full disk kept it from writing, once there is room', () => {
    const file = new MemoryFile();
    const store = new DeviceStore(file);
    file.full = true;
    store.put(device('a'));
    expect(() => store.flush()).toThrow('no space');
    store.put(device('b'));
    file.full = false;
    store.flush();
    expect(new DeviceStore(file).devices.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('is written anew when most of it is past', () => {
    const file = new MemoryFile();
    const store = new DeviceStore(file);
    for (let serial = 1; serial <= 5000; serial += 1) {
      store.put(device('a', serial));
      store.flush();
    }
    expect(file.replaced).toBeGreaterThan(2);
    expect(file.text.split('\n').length).toBeLessThan(1100);
    expect(new DeviceStore(file).devices).toEqual([device('a', 5000)]);
  });

  it('is written while others are served: what changes meanwhile is written next, what fails is written again', async () => {
    const file = new MemoryFile();
    let written: (() => void) | undefined;
    let fail: ((reason: Error) => void) | undefined;
    const disk = {
      read: () => file.text,
      append: (lines: string) => file.append(lines),
      replace: (lines: string) => file.replace(lines),
      aside: {
        append: (lines: string) =>
          new Promise<void>((done, failed) => {
            fail = failed;
            written = () => {
              file.append(lines);
              done();
            };
          }),
        replace: () => Promise.reject(new Error('not now')),
      },
    };
    const store = new DeviceStore(disk);
    store.put(device('a', 1));
    store.put(device('b', 1));
    const first = store.flushAside();
    store.put(device('a', 2));
    expect(file.text).toBe('');
    fail?.(new Error('no space left on device'));
    await expect(first).rejects.toThrow('no space');
    const second = store.flushAside();
    store.put(device('c', 1));
    written?.();
    await second;
    expect(new DeviceStore(file).devices.map(({ id, serial }) => [id, serial])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    store.flush();
    expect(new DeviceStore(file).device('c')?.serial).toBe(1);
  });
});
