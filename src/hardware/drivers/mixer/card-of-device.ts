// The card whose mixer belongs to a device of ALSA.

/**
 * @param device an ALSA name of a device: `plughw:CARD=Device,DEV=0`
 * @returns the name of its control interface: `hw:Device`. A name that speaks of no card is its own: sound servers have a
 * mixer under the name of their device
 */
export function cardOfDevice(device: string): string {
  const [, type = '', rest = ''] = /^([^:]+)(?::(.*))?$/.exec(device) ?? [];
  if (rest === '') return type;
  const named = /(?:^|,)CARD=([^,]+)/i.exec(rest)?.[1];
  const [first = ''] = rest.split(',');
  const card = named ?? (first.includes('=') ? undefined : first);
  return card === undefined ? device : `hw:${card.replace(/^["']|["']$/g, '')}`;
}
