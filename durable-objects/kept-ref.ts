/**
 * What an object is called, kept for its alarm, which no call announces. Stored with the first alarm that is set, and
 * again where a call names it otherwise: one that older code kept may lack what was added since.
 */
export class KeptRef<Ref extends object> {
  readonly #kv: SyncKvStorage;
  readonly #key: string;
  /** Whether a call has named the object in this life; then what is kept is as it says. */
  #called = false;
  #isKept = false;

  constructor({ kv }: DurableObjectStorage, key: string) {
    this.#kv = kv;
    this.#key = key;
  }

  get(): Ref | undefined {
    return this.#kv.get<Ref>(this.#key);
  }

  /**
   * A call names the object. Gives whether something else was kept; what older code leaves out is no other name.
   *
   * @param anew whether this call says more than those before it
   */
  called(ref: Ref, anew = false): boolean {
    if (this.#called && !anew) return false;
    this.#called = true;
    const kept = this.get();
    if (kept === undefined) return false;
    this.#isKept = true;
    const known = kept as Readonly<Record<string, unknown>>;
    const isSame = Object.entries(ref).every(
      ([name, value]) => JSON.stringify(known[name]) === JSON.stringify(value),
    );
    if (!isSame) this.#kv.put(this.#key, { ...kept, ...ref });
    return !isSame;
  }

  /** An alarm is about to be set. */
  keep(ref: Ref): void {
    if (this.#isKept) return;
    if (this.get() === undefined) this.#kv.put(this.#key, ref);
    this.#isKept = true;
  }
}
