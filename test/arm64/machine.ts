// A board in QEMU that starts from a card's image: Debian's kernel and initial RAM disk of its boot partition, its command
// line, its root. What is not on the card comes beside it: a device tree, lines of gpio-sim, a shell on a second terminal.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Step } from '../board/user-mode-kernel.ts';

const HERE = new URL('.', import.meta.url).pathname;
const TOP = new URL('../../', import.meta.url).pathname;
/** Where the boot partition begins, as board/image/build lays it out. */
const BOOT_AT = '4M';
const GPIO_LINES = 58;
/** systemd waits longer than on a board: an emulated processor that shares the host's with others is as slow as they want. */
const PATIENCE = 'systemd.default_device_timeout_sec=600 systemd.default_timeout_start_sec=600';

/** QEMU's model restarts as soon as its watchdog is set, and not when it runs out. */
const NO_WATCHDOG = 'systemd.watchdog_sec=off systemd.mask=serial-getty@ttyS1.service';
/** systemd offers a login on each terminal of a virtual machine's, and hangs up on whoever is there. */
const NOBODY_ELSE = 'systemd.mask=serial-getty@hvc0.service';

/** What became of a start. */
export interface Run {
  readonly steps: readonly Step[];
  /** What else was told by the scenario. */
  readonly told: readonly Readonly<Record<string, unknown>>[];
  /** What was on the console and the shell. */
  readonly console: readonly string[];
  /** From the first instruction to the scenario's start, by the host's clock. */
  readonly shellMs: number | undefined;
}

export interface StartOptions {
  /** Run in the shell of the machine; what it prints as `@@{…}` is heard. */
  readonly commands: string;
  /** More for the kernel. */
  readonly parameters?: string;
  readonly withinMs: number;
}

/** A card that starts anew may be changed by each: it is a copy. */
export class Card {
  readonly path: string;
  readonly #folder: string;

  constructor(image: string, folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.path = join(folder, 'card.img');
    execFileSync('cp', ['--sparse=always', image, this.path]);
    // QEMU's SD cards have a power of two of octets.
    execFileSync('truncate', ['-s', '4G', this.path]);
  }

  /** Puts a file on the boot partition, as somebody with a card reader does. */
  put(name: string, text: string): void {
    const file = join(this.#folder, 'put');
    writeFileSync(file, text);
    execFileSync('mcopy', ['-o', '-i', `${this.path}@@${BOOT_AT}`, file, `::${name}`]);
  }

  /** Takes a file of the boot partition. @returns where it is */
  fetch(name: string): string {
    const file = join(this.#folder, name);
    rmSync(file, { force: true });
    execFileSync('mcopy', ['-n', '-i', `${this.path}@@${BOOT_AT}`, `::${name}`, file]);
    return file;
  }

  read(name: string): string {
    return readFileSync(this.fetch(name), 'utf8');
  }

  /** The names at the top of the boot partition. */
  list(): readonly string[] {
    const text = execFileSync('mdir', ['-b', '-i', `${this.path}@@${BOOT_AT}`, '::'], { encoding: 'utf8' });
    return text.split('\n').flatMap((line) => /^::\/(.+?)\/?$/.exec(line)?.[1] ?? []);
  }
}

/** The version of an image's kernel, from its own header. */
export function kernelVersion(kernel: string): string {
  const head = Buffer.alloc(64 * 2 ** 20);
  const file = openSync(kernel, 'r');
  const length = readSync(file, head, 0, head.length, 0);
  closeSync(file);
  const found = /Linux version (\S+)/.exec(head.toString('latin1', 0, length))?.[1];
  if (found === undefined) throw new Error(`${kernel} says no version`);
  return found;
}

/** What every Raspberry Pi 4 has, as far as QEMU has something in its place: `-M virt` with a Raspberry Pi's name and lines. */
export class RaspberryPi4 {
  readonly #folder: string;
  readonly #machine: readonly string[] = [
    ...['-M', 'virt', '-cpu', 'cortex-a53', '-smp', '2', '-m', '1024', '-accel', 'tcg,thread=multi'],
  ];

  constructor(
    private readonly card: Card,
    folder: string,
  ) {
    this.#folder = folder;
    const kernel = card.fetch('vmlinuz');
    const lines = execFileSync(`${HERE}lines`, [kernelVersion(kernel)], { encoding: 'utf8' }).trim();
    this.#packEarly(card.fetch('initrd.img'), lines);
    this.#nameIt();
  }

  async start(options: StartOptions): Promise<Run> {
    const cmdline = this.card.read('cmdline.txt').trim();
    const terminals = `console=ttyAMA0 quiet systemd.debug_shell=hvc0 systemd.tty.term.hvc0=dumb ${NOBODY_ELSE} ${PATIENCE} modules_load=snd-aloop`;
    return await run(
      [
        ...this.#machine,
        ...['-nodefaults', '-display', 'none', '-no-reboot', '-dtb', join(this.#folder, 'pi4.dtb')],
        ...['-kernel', join(this.#folder, 'vmlinuz'), '-initrd', join(this.#folder, 'early.img')],
        ...['-append', `${cmdline} ${terminals} ${options.parameters ?? ''}`],
        ...['-drive', `file=${this.card.path},format=raw,if=none,id=card,cache=unsafe`],
        ...['-device', 'virtio-blk-pci,drive=card'],
        ...['-netdev', 'user,id=net,restrict=on', '-device', 'virtio-net-pci,netdev=net,romfile='],
        ...['-fsdev', `local,id=share,path=${TOP},security_model=none,readonly=on`],
        ...['-device', 'virtio-9p-pci,fsdev=share,mount_tag=share'],
        // A host that others compute on stands still for longer than a board's watchdog bears.
        ...['-device', 'i6300esb', '-action', 'watchdog=none'],
        ...['-serial', `file:${join(this.#folder, 'console')}`],
        ...['-chardev', 'stdio,id=shell', '-device', 'virtio-serial-pci', '-device', 'virtconsole,chardev=shell'],
      ],
      { ...options, console: join(this.#folder, 'console') },
    );
  }

  /** Behind the card's own initial RAM disk comes another: the kernel unpacks both. */
  #packEarly(initrd: string, lines: string): void {
    const root = join(this.#folder, 'early');
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, 'conf/conf.d'), { recursive: true });
    mkdirSync(join(root, 'board'));
    copyFileSync(`${HERE}early.sh`, join(root, 'conf/conf.d/board'));
    for (const name of ['gpio-sim.ko', 'configfs.ko', 'finger']) {
      copyFileSync(join(lines, name), join(root, 'board', name));
    }
    execFileSync('sh', ['-c', 'find . | cpio --quiet -o -H newc > ../early.cpio'], { cwd: root });
    const padding = Buffer.alloc((4 - (readFileSync(initrd).length % 4)) % 4);
    writeFileSync(
      join(this.#folder, 'early.img'),
      Buffer.concat([readFileSync(initrd), padding, readFileSync(join(this.#folder, 'early.cpio'))]),
    );
  }

  /** QEMU's own device tree with a Raspberry Pi 4's name, and its chip of lines in the place of QEMU's. */
  #nameIt(): void {
    const tree = join(this.#folder, 'pi4.dtb');
    execFileSync('qemu-system-aarch64', [
      ...this.#machine.with(1, `virt,dumpdtb=${tree}`),
      ...['-nodefaults', '-display', 'none'],
    ]);
    const put = (kind: string, ...words: readonly string[]): void => {
      execFileSync('fdtput', [kind, tree, ...words]);
    };
    const chip = '/gpio-sim/bank0';
    put('-ts', '/', 'compatible', 'raspberrypi,4-model-b', 'brcm,bcm2711', 'linux,dummy-virt');
    put('-ts', '/', 'model', 'Raspberry Pi 4 Model B (QEMU)');
    put('-ts', '/gpio-keys', 'status', 'disabled');
    put('-ts', '/pl061@9030000', 'status', 'disabled');
    put('-cp', chip);
    put('-ts', '/gpio-sim', 'compatible', 'gpio-simulator');
    put('-ts', chip, 'gpio-sim,label', 'pinctrl-bcm2711');
    put('-tu', chip, 'ngpios', String(GPIO_LINES));
    put('-tu', chip, '#gpio-cells', '2');
    put('-tx', chip, 'gpio-controller');
    put('-ts', chip, 'gpio-line-names', ...Array.from({ length: GPIO_LINES }, (_, offset) => `GPIO${offset}`));
  }
}

/** QEMU's model of a real Raspberry Pi 3, with the device tree that Debian has for the real one. It has no second terminal. */
export class RaspberryPi3 {
  constructor(
    private readonly card: Card,
    private readonly folder: string,
  ) {}

  async start(options: StartOptions): Promise<Run> {
    const cmdline = this.card
      .read('cmdline.txt')
      .trim()
      .replaceAll(/console=\S+ /g, '');
    return await run(
      [
        ...['-M', 'raspi3b', '-accel', 'tcg,thread=multi', '-nodefaults', '-display', 'none', '-no-reboot'],
        ...['-dtb', this.card.fetch('bcm2837-rpi-3-b.dtb')],
        ...['-kernel', this.card.fetch('vmlinuz'), '-initrd', this.card.fetch('initrd.img')],
        ...[
          '-append',
          `${cmdline} console=tty0 systemd.debug_shell=ttyS1 ${NO_WATCHDOG} ${PATIENCE} ${options.parameters ?? ''}`,
        ],
        ...['-drive', `file=${this.card.path},format=raw,if=sd,cache=unsafe`],
        ...['-serial', 'null', '-serial', 'stdio'],
      ],
      { ...options, console: join(this.folder, 'no-console') },
    );
  }
}

async function run(words: readonly string[], options: StartOptions & { readonly console: string }): Promise<Run> {
  rmSync(options.console, { force: true });
  const began = performance.now();
  const qemu = spawn('nice', ['-n', '5', 'qemu-system-aarch64', ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const steps: Step[] = [];
  const told: Record<string, unknown>[] = [];
  const shown: string[] = [];
  let shellMs: number | undefined;
  const limit = setTimeout(() => {
    shown.push('(ended by the host: its time was over)');
    qemu.kill('SIGKILL');
  }, options.withinMs);
  const leave = (): void => void qemu.kill('SIGKILL');
  process.once('exit', leave);
  qemu.stderr.setEncoding('utf8').on('data', (text: string) => shown.push(text.trimEnd()));
  prompted(qemu, () => {
    shellMs = performance.now() - began;
    // It shows what it is told, unless it is told not to.
    qemu.stdin.write(`stty -echo; PS1=; ${options.commands.trim().replaceAll('\n', '; ')}; systemctl poweroff\n`);
  });
  for await (const line of createInterface({ input: qemu.stdout })) {
    const text = /^@@(\{.*\})\s*$/.exec(line)?.[1];
    const fact: unknown = text === undefined ? undefined : JSON.parse(text);
    // What the scenario does takes minutes: who waits may want to see how far it has come.
    if (isStep(fact)) process.stdout.write(`    ${seconds(began)} s ${fact.ok ? 'ok' : 'FAILED'}: ${fact.step}\n`);
    else if (process.env.DOORPHONE_SHOW !== undefined) process.stdout.write(`    ${seconds(began)} s | ${line}\n`);
    if (isStep(fact)) steps.push(fact);
    else if (isFact(fact)) told.push(fact);
    else shown.push(line.trimEnd());
  }
  clearTimeout(limit);
  process.off('exit', leave);
  qemu.kill('SIGKILL');
  return { steps, told, console: [...readLines(options.console), ...shown], shellMs };
}

const seconds = (began: number): string => ((performance.now() - began) / 1000).toFixed(1);

/** Calls back once, when the shell has shown that it listens. */
function prompted(qemu: ChildProcess, then: () => void): void {
  let heard = '';
  const listen = (chunk: Buffer): void => {
    heard = (heard + chunk.toString('latin1')).slice(-200);
    if (!/# $/.test(heard)) return;
    qemu.stdout?.off('data', listen);
    then();
  };
  qemu.stdout?.on('data', listen);
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/);
  } catch {
    return [];
  }
}

const isFact = (fact: unknown): fact is Record<string, unknown> => typeof fact === 'object' && fact !== null;
const isStep = (fact: unknown): fact is Step => isFact(fact) && 'step' in fact && 'ok' in fact;
