// Whether the kernel keeps an output at its level when nobody holds it any more. The character device's contract is that it
// may do either; most drivers make it an input again. Raspberry Pi's kernels keep it unless they are told otherwise, so
// that a service that is killed leaves a door open until it is started again.

/** The drivers that can keep outputs, by the labels of their chips. */
const DRIVERS: Readonly<Record<string, string>> = {
  'pinctrl-bcm2835': 'pinctrl_bcm2835',
  'pinctrl-bcm2711': 'pinctrl_bcm2835',
  'pinctrl-rp1': 'pinctrl_rp1',
};

/** Parameters of these drivers, and what they say where outputs are kept. The second one is of kernels of spring 2024. */
const PARAMETERS = [
  { name: 'persist_gpio_outputs', kept: 'Y' },
  { name: 'strict_gpiod', kept: 'N' },
] as const;

/**
 * The parameter by which the kernel keeps the outputs of a chip, `pinctrl_rp1.persist_gpio_outputs`.
 * @param read the text of a file of /sys; undefined: there is none
 * @returns undefined where it lets them go, or does not say
 */
export function keptOutputs(label: string, read: (path: string) => string | undefined): string | undefined {
  const driver = DRIVERS[label];
  if (driver === undefined) return undefined;
  const found = PARAMETERS.find(({ name, kept }) => read(`/sys/module/${driver}/parameters/${name}`)?.trim() === kept);
  return found === undefined ? undefined : `${driver}.${found.name}`;
}
