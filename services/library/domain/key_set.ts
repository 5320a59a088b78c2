/** The keys an import has seen, in a few bytes each. */
import { hash } from "node:crypto";

const SLOTS_MIN = 1024;

export type KeyResult = "new" | "seen" | "full";

/**
 * A set of texts that keeps 64 bits of each one's SHA-256: 16 to 32 bytes a key however long the key,
 * and nobody can make two keys that pass for one. By chance, that happens less than once in ten million
 * imports of a million keys each; the second would be reported as given twice.
 */
export class KeySet {
  /** Two words a slot; both zero where it is free. */
  #slots = new Uint32Array(SLOTS_MIN * 2);
  #size = 0;

  /** @param keysMax further keys are refused: 4 million take 64 to 128 MiB */
  constructor(private readonly keysMax: number) {}

  add(key: string): KeyResult {
    const digest = hash("sha256", key, "buffer");
    // The lowest bit is set, so that no key looks like a free slot.
    const high = digest.readUInt32LE(0);
    const low = (digest.readUInt32LE(4) | 1) >>> 0;
    const slot = this.#find(high, low);
    if (this.#slots[slot + 1] !== 0) return "seen";
    if (this.#size >= this.keysMax) return "full";
    this.#slots[slot] = high;
    this.#slots[slot + 1] = low;
    this.#size++;
    if (this.#size * 4 > this.#slots.length) this.#grow();
    return "new";
  }

  /** Where this key is, or the free slot where it would go (linear probing). */
  #find(high: number, low: number): number {
    const mask = this.#slots.length - 1;
    let slot = (high * 2) & mask;
    while (this.#slots[slot + 1] !== 0) {
      if (this.#slots[slot] === high && this.#slots[slot + 1] === low) break;
      slot = (slot + 2) & mask;
    }
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += 2) {
      const [high, low] = [old[slot] ?? 0, old[slot + 1] ?? 0];
      if (low === 0) continue;
      const target = this.#find(high, low);
      this.#slots[target] = high;
      this.#slots[target + 1] = low;
    }
  }
}
