// What the kernel says of a change in folders (inotify). It says so at once, and costs nothing while nothing changes; of
// folders on other machines it knows only what is changed on this one.

import { type FSWatcher, watch } from 'node:fs';

/** The folders that are looked after, and who hears of it. */
export class FolderNews {
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(private readonly changed: () => void) {}

  /** These folders, and no others. One that is not there, or that there is no room for, is left out. */
  follow(paths: readonly string[]): void {
    for (const [path, watcher] of this.#watchers) if (!paths.includes(path)) this.#leave(path, watcher);
    for (const path of paths) if (!this.#watchers.has(path)) this.#enter(path);
  }

  close(): void {
    this.follow([]);
  }

  #enter(path: string): void {
    try {
      const watcher = watch(path, { persistent: false });
      this.#watchers.set(path, watcher);
      watcher.on('change', (kind, name) => {
        // A folder that is taken away says its own name: another of that name is another folder.
        if (kind === 'rename' && path.endsWith(`/${name}`)) this.#leave(path, watcher);
        this.changed();
      });
      watcher.on('error', () => this.#leave(path, watcher));
    } catch {
      // Looked at now and then, as all are.
    }
  }

  #leave(path: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(path) === watcher) this.#watchers.delete(path);
  }
}
