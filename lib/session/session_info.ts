/** The facts of a connection, and the signal that its provider can watch. */
import type { ConnectionInfo, TlsFacts } from "../provider/connection_info.ts";

/** The facts of a connection, which providers and events see. They change while it lasts. */
export class SessionInfo implements ConnectionInfo {
  readonly connectionId: string;
  readonly clientAddress: string;
  /** What limits and bans count: the client's address, or 127.0.0.1 for any address of this machine. */
  readonly countedAddress: string;
  readonly clientPort: number;
  isSecure: boolean;
  tls: TlsFacts | null = null;
  username: string | null = null;
  mailboxName: string | null = null;
  tag: unknown = undefined;
  /** Made when somebody asks for the signal: most providers do not, and there may be thousands of connections. */
  #controller: AbortController | null = null;
  #abortedBecause: string | null = null;

  constructor(
    { connectionId, clientAddress, clientPort, isSecure, countedAddress = clientAddress }:
      & Pick<ConnectionInfo, "connectionId" | "clientAddress" | "clientPort" | "isSecure">
      & { readonly countedAddress?: string },
  ) {
    this.connectionId = connectionId;
    this.clientAddress = clientAddress;
    this.countedAddress = countedAddress;
    this.clientPort = clientPort;
    this.isSecure = isSecure;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#abortedBecause !== null) this.#abortController(this.#abortedBecause);
    }
    return this.#controller.signal;
  }

  /**
   * Aborts the signal, once.
   *
   * @param reason the end of "The connection is over: "
   * @returns what the listeners of the signal threw; it would end the process
   */
  abort(reason: string): readonly unknown[] {
    if (this.#abortedBecause !== null) return [];
    this.#abortedBecause = reason;
    return this.#abortController(reason);
  }

  #abortController(reason: string): readonly unknown[] {
    if (this.#controller === null) return [];
    const thrown: unknown[] = [];
    const onError = (event: ErrorEvent) => {
      event.preventDefault();
      thrown.push(event.error);
    };
    globalThis.addEventListener("error", onError);
    try {
      const message = `The connection is over: ${reason}`;
      this.#controller.abort(new DOMException(message, "AbortError"));
    } finally {
      globalThis.removeEventListener("error", onError);
    }
    return thrown;
  }
}
