/** Who waits for a replica to get something: looked at again as entries of the groups it waits for are applied. */

export class Waiters {
  /** By the group's hash. */
  readonly #looks = new Map<number, Set<() => void>>();

  /** Something of this group was applied. */
  wake(hash: number): void {
    for (const look of [...(this.#looks.get(hash) ?? [])]) look();
  }

  /**
   * Waits until `ready`, which only these groups can bring about, or until `patience` is over.
   * @returns whether it became ready
   */
  async until(
    hashes: readonly number[],
    ready: () => boolean,
    patience: Promise<void>,
  ): Promise<boolean> {
    if (ready()) return true;
    let look = () => {};
    const woken = new Promise<boolean>((resolve, reject) => {
      look = () => {
        try {
          if (ready()) resolve(true);
        } catch (fault) {
          reject(fault);
        }
      };
    });
    for (const hash of hashes) this.#looksOf(hash).add(look);
    try {
      return await Promise.race([woken, patience.then(() => false)]);
    } finally {
      for (const hash of hashes) this.#remove(hash, look);
    }
  }

  #looksOf(hash: number): Set<() => void> {
    const known = this.#looks.get(hash);
    if (known !== undefined) return known;
    const looks = new Set<() => void>();
    this.#looks.set(hash, looks);
    return looks;
  }

  #remove(hash: number, look: () => void): void {
    const looks = this.#looks.get(hash);
    looks?.delete(look);
    if (looks?.size === 0) this.#looks.delete(hash);
  }
}
