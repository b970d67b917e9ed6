// Sessions of calls as the engine opens them, wherever we are seen.

import type { Millis } from '../base/units.ts';
import type { MediaEngine, MediaPath, OpenedPorts, PortSource } from './types.ts';

/** The ports of an engine, without a thought of NATs. */
export class EnginePorts implements PortSource {
  constructor(private readonly engine: Pick<MediaEngine, 'openSession'>) {}

  prepare(_path: MediaPath, run: () => void): void {
    run();
  }

  open({ local: address }: MediaPath, silenceAfter: Millis): OpenedPorts {
    return { media: this.engine.openSession({ address, silenceAfter }), mapped: undefined };
  }
}
