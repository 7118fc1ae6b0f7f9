/**
 * The signals that a server obeys. SIGUSR1 is not one of them and nothing may send it: it makes Deno open its inspector,
 * through which anybody who can connect to loopback can run code.
 */

const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** Waits for the first signal that stops the server; then stops listening, so that a second one ends the process at once. */
export class StopSignals implements Disposable {
  readonly first: Promise<Deno.Signal>;
  readonly #listeners: ReadonlyMap<Deno.Signal, () => void>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
    this.first = promise;
    this.#listeners = new Map(STOP_SIGNALS.map((signal) => [signal, () => {
      this[Symbol.dispose]();
      resolve(signal);
    }]));
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }
}

/** Listens for SIGHUP, and obeys it once it is known how: one that came before counts then. Windows has none. */
export class Hangups implements Disposable {
  #hasCome = false;
  #obey = () => {
    this.#hasCome = true;
  };
  readonly #listener = () => this.#obey();

  constructor() {
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", this.#listener);
  }

  /** Calls `callback` at each SIGHUP from now on, and at once for one that has come before. */
  obey(callback: () => void): void {
    this.#obey = callback;
    if (this.#hasCome) callback();
  }

  [Symbol.dispose](): void {
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", this.#listener);
  }
}

/** Ends the process after so many seconds, whatever is pending, unless the returned handle is disposed of before. */
export function exitAfter(seconds: number): Disposable {
  const timer = setTimeout(() => Deno.exit(0), seconds * 1000);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
