// The emulated lines themselves, by the tools of libgpiod: when these fail, it is not the driver's fault.

import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Chip, chips, consumers, elapse, expect, monotonicMs, scenario, until } from './guest.ts';

const chip = new Chip('board', ['button', 'relay', 'contact', 'lamp']);

await scenario({
  'a chip has its lines by name': () => {
    expect('chips', chips(), [chip.name]);
    expect('gpiofind', execFileSync('gpiofind', ['contact'], { encoding: 'utf8' }).trim(), `${chip.name} 2`);
  },

  'a pull is an edge that gpiomon tells, with the time of the kernel': async () => {
    const edges: { readonly offset: number; readonly rising: boolean; readonly atMs: number }[] = [];
    const monitor = spawn('gpiomon', ['-B', 'pull-up', '-F', '%e %o %s.%n', chip.name, '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: monitor.stdout }).on('line', (line) => {
      const [kind, offset, stamp] = line.split(' ');
      edges.push({ offset: Number(offset), rising: kind === '1', atMs: 1000 * Number(stamp) });
    });
    await until('gpiomon has the line', () => consumers().includes('gpiomon'));
    // Asked for, not pulled: the bias that a client asks for is the wire's.
    expect('level', chip.isHigh('button'), true);
    const pulledAt = monotonicMs();
    chip.pull('button', 'low');
    await elapse(30);
    chip.pull('button', 'high');
    await elapse(30);
    monitor.kill('SIGINT');
    await until('two edges', () => edges.length === 2).catch(() => undefined);
    expect(
      'edges',
      edges.map(({ offset, rising }) => `${offset} ${rising}`),
      ['0 false', '0 true'],
    );
    return { stampBehindPullMs: Number(((edges[0]?.atMs ?? 0) - pulledAt).toFixed(2)) };
  },

  'what gpioset drives is read on the wire': async () => {
    expect('before', chip.isHigh('relay'), false);
    const holder = spawn('gpioset', ['--mode=signal', chip.name, '1=1'], { stdio: 'ignore' });
    await until('it is driven', () => chip.isHigh('relay'));
    holder.kill('SIGTERM');
    await until('it is let go', () => !consumers().includes('gpioset'));
  },

  'gpioinfo shows whose a line is': async () => {
    const holder = spawn('gpioset', ['--mode=signal', chip.name, '3=1'], { stdio: 'ignore' });
    await until('lamp is held', () => /"lamp"\s+"gpioset"\s+output/.test(consumers()));
    holder.kill('SIGTERM');
  },
});
