/**
 * The signals that a server obeys. None of them is SIGUSR1, and nothing may send it: Deno opens its inspector at it, in
 * which whoever may connect to this machine's loopback can run code.
 */

const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** SIGINT and SIGTERM, until it is disposed of; after the first one, a second ends the process as usual. */
export class StopSignals implements Disposable {
  readonly first: Promise<void>;
  readonly #listener: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    this.#listener = () => {
      this[Symbol.dispose]();
      resolve();
    };
    for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, this.#listener);
  }

  [Symbol.dispose](): void {
    for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, this.#listener);
  }
}

/** Calls back at each SIGHUP, until it is disposed of. Windows has none. */
export function onHangup(callback: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  Deno.addSignalListener("SIGHUP", callback);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", callback) };
}

/** Ends the process after so many seconds, whatever is pending, unless it is disposed of before. */
export function exitAfter(seconds: number): Disposable {
  const timer = setTimeout(() => Deno.exit(0), seconds * 1000);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
