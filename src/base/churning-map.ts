// A map whose entries come and go all the time. When one of JavaScript's maps makes itself anew (V8 does after as many
// changes as it has room for), the table that it had before points to the one after it, for who iterates meanwhile. An old
// table that the collector has moved to the old generation keeps all that follow it alive, with everything that was ever in
// them, until that generation is collected: in a server that tells thousands something, most of what the collector does.
// Here a table holds places, which are emptied when what they held goes.

interface Place<Value> {
  value: Value | undefined;
}

/** As Map, for values that are large and short-lived. */
export class ChurningMap<Key, Value> {
  readonly #places = new Map<Key, Place<Value>>();

  get size(): number {
    return this.#places.size;
  }

  get(key: Key): Value | undefined {
    return this.#places.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    const place = this.#places.get(key);
    if (place === undefined) this.#places.set(key, { value });
    else place.value = value;
  }

  delete(key: Key): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    place.value = undefined;
    this.#places.delete(key);
  }

  clear(): void {
    for (const place of this.#places.values()) place.value = undefined;
    this.#places.clear();
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<[Key, Value]> {
    for (const [key, { value }] of this.#places) if (value !== undefined) yield [key, value];
  }
}
