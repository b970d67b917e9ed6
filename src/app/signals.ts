// How a process of ours is told to end, and to look at its files again.

/** Resolves with the signal that ends the process; SIGHUP calls `reload`. */
export function untilSignalled(reload: () => void): Promise<string> {
  process.on('SIGHUP', reload);
  return new Promise((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done(signal));
  });
}
