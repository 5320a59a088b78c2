/** Work that goes on once however many ask for it. */
export class SingleFlight<Result> {
  readonly #running = new Map<string, Promise<Result>>();

  /** Joins the work under this key, or begins it. */
  run(key: string, work: () => Promise<Result>): Promise<Result> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = work().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}
