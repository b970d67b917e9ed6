// Once for the whole run: may it run here, and what a test that was broken off has left.

import { removeLeftovers } from './network.ts';

/** @throws Error when network namespaces cannot be made */
export default function setup(): () => void {
  if (process.getuid?.() !== 0) throw new Error('the interop tests need root, for network namespaces');
  process.env.DOORPHONE_INTEROP_RUN = String(process.pid);
  return removeLeftovers;
}
