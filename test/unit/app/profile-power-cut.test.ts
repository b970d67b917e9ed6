// The power goes after any call to the disk in the life of two profiles: the next start finds a whole configuration, and
// never an older one than has proved itself on the disk.

import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { type FileSystem, storeFileAt } from '../../../src/app/store-file.ts';
import { seconds } from '../../../src/base/units.ts';
import { type LayerText, parseWithProfile } from '../../../src/config/index.ts';
import { ProfileKeeper } from '../../../src/provisioning/client/profile-keeper.ts';
import { ProfileStore } from '../../../src/provisioning/client/profile-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const OWN = { text: 'name: Board\nboard: virtual', file: '/etc/doorphone/doorphone.yaml' };
const PATH = '/state/profile.json';

interface Node {
  bytes: Buffer;
  /** What a power cut leaves of it. */
  safe: Buffer;
}

/** A disk that forgets what was not synchronised: of files their bytes, of the folder its names. */
class Disk implements FileSystem {
  names = new Map<string, Node>();
  safeNames = new Map<string, Node>();
  readonly #open: (Node | undefined)[] = [];
  calls = 0;

  constructor(readonly dieAfter: number) {}

  #step(): void {
    if (this.calls >= this.dieAfter) throw new Error('no power');
    this.calls += 1;
  }

  openSync(path: string, flags: string): number {
    this.#step();
    if (flags === 'r') return this.#open.push(undefined) - 1;
    const node = this.names.get(path) ?? { bytes: Buffer.alloc(0), safe: Buffer.alloc(0) };
    if (flags === 'w') node.bytes = Buffer.alloc(0);
    this.names.set(path, node);
    return this.#open.push(node) - 1;
  }

  /** At most 64 bytes at once, as a disk may. */
  writeSync(descriptor: number, bytes: Buffer, offset: number): number {
    this.#step();
    const node = this.#open[descriptor];
    const part = bytes.subarray(offset, offset + 64);
    if (node !== undefined) node.bytes = Buffer.concat([node.bytes, part]);
    return part.length;
  }

  fsyncSync(descriptor: number): void {
    this.#step();
    const node = this.#open[descriptor];
    if (node === undefined) this.safeNames = new Map(this.names);
    else node.safe = node.bytes;
  }

  closeSync(descriptor: number): void {
    this.#open[descriptor] = undefined;
  }

  renameSync(from: string, to: string): void {
    this.#step();
    const node = this.names.get(from);
    if (node !== undefined) this.names.set(to, node);
    this.names.delete(from);
  }

  readFileSync(path: string): string {
    const node = this.names.get(path);
    if (node === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return node.bytes.toString();
  }

  /** The disk after the power is back; a rename that was not synchronised has happened, or has not. */
  afterCut(renamed: boolean): Disk {
    const disk = new Disk(Number.POSITIVE_INFINITY);
    for (const [path, { safe }] of renamed ? this.names : this.safeNames) disk.names.set(path, { bytes: safe, safe });
    return disk;
  }
}

/** A start of the service. */
function start(disk: Disk) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const store = new ProfileStore(storeFileAt(PATH, disk));
  const keeper: ProfileKeeper = new ProfileKeeper({
    clock,
    log,
    journal: new Journal(clock, log),
    store,
    check: (profile: LayerText | undefined) =>
      parseWithProfile(OWN, profile ?? { text: '', file: OWN.file }, [], {
        file: OWN.file,
        environment: {},
        readFile: () => ({ text: '', mode: undefined }),
      }),
    putIntoForce: (configuration) => {
      keeper.inForce(configuration);
      return Promise.resolve(true);
    },
    works: () => true,
    proveWithin: () => seconds(60),
  });
  const name = keeper.begin().configuration?.name;
  const prove = async (profile: string): Promise<void> => {
    await keeper.take({
      text: `name: ${profile}`,
      where: 'https://boot.example.com/x.yaml',
      server: { from: 'configured', uri: 'https://boot.example.com/', by: 'the configuration' },
      signed: false,
    });
    clock.advance(seconds(1));
  };
  return { name, store, prove };
}

describe('a power cut', () => {
  it.each([true, false])(
    'leaves a whole configuration after every call (a rename that is not safe: %s)',
    async (renamed) => {
      const seen: (string | undefined)[] = [];
      let cut: Disk;
      let calls = 0;
      do {
        cut = new Disk(calls);
        const before = start(cut);
        await before.prove('A');
        const isGood = cut.calls < calls || cut.afterCut(renamed).names.has(PATH);
        await before.prove('B');
        const after = start(cut.afterCut(renamed));
        expect(['Board', 'A', 'B'], `after call ${calls}`).toContain(after.name);
        if (isGood) expect(after.store.current, `after call ${calls}`).toBeDefined();
        seen.push(after.name);
        calls += 1;
      } while (cut.calls === calls - 1);
      // Never back: what was found after one call is not lost by the next.
      const order = seen.map((name) => ['Board', 'A', 'B'].indexOf(name ?? ''));
      expect(order).toEqual(order.toSorted((one, other) => one - other));
      expect(new Set(seen)).toEqual(new Set(['Board', 'A', 'B']));
      expect(calls).toBeGreaterThan(4 * 5);
    },
  );
});
