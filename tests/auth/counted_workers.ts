/** Counts the threads that the process starts and the messages that they get, until it is disposed of. */
export class CountedWorkers implements Disposable {
  started = 0;
  ended = 0;
  questions = 0;
  readonly #original = globalThis.Worker;

  constructor() {
    // deno-lint-ignore no-this-alias -- the class below has a `this` of its own
    const counts = this;
    globalThis.Worker = class extends this.#original {
      constructor(specifier: string | URL, options?: WorkerOptions) {
        super(specifier, options);
        counts.started++;
      }

      override postMessage(message: unknown): void {
        counts.questions++;
        super.postMessage(message);
      }

      override terminate(): void {
        counts.ended++;
        super.terminate();
      }
    };
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#original;
  }
}
