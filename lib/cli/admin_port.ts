/** Opens the port of `--admin`, or waits for it. */
import { type AdminAddress, type Clock, reasonOf } from "../program.ts";
import { type AdminOptions, type AdminPort, openAdmin } from "./admin.ts";
import { CliError } from "./cli_error.ts";

/** How the port is opened. */
export interface AdminOpening {
  readonly address: AdminAddress;
  /** Whether a port that another process has is waited for: that process may be the one that this one replaces. */
  readonly waits: boolean;
  readonly clock: Clock;
  /** Called when the port is open. */
  readonly opened: (url: string) => void;
  /** Called once when another process has the port. */
  readonly waiting: (url: string) => void;
}

const RETRY_MS = 1_000;

/** @throws {CliError} when the port cannot be opened, and is not waited for */
export async function openAdminPort(
  opening: AdminOpening,
  options: AdminOptions,
): Promise<AsyncDisposable> {
  const { address, waits, opened, waiting } = opening;
  try {
    const admin = await openAdmin(address, options);
    opened(urlOf({ ...address, port: admin.port }));
    return admin;
  } catch (error) {
    const { hostname, port } = address;
    if (!isInUse(error) || !waits) {
      const reason = isInUse(error) ? "another program is using it" : reasonOf(error);
      throw CliError.environment(`cannot listen on ${hostname} port ${port}: ${reason}`, error);
    }
    waiting(urlOf(address));
    return new AwaitedPort(opening, options);
  }
}

class AwaitedPort implements AsyncDisposable {
  readonly #opening: AdminOpening;
  readonly #options: AdminOptions;
  #timer: Disposable | null = null;
  #attempt: Promise<void> = Promise.resolve();
  #port: AdminPort | null = null;

  constructor(opening: AdminOpening, options: AdminOptions) {
    this.#opening = opening;
    this.#options = options;
    this.#retryLater();
  }

  #retryLater(): void {
    this.#timer = this.#opening.clock.after(RETRY_MS, () => {
      this.#attempt = this.#retry();
    });
  }

  async #retry(): Promise<void> {
    const { address, opened } = this.#opening;
    try {
      this.#port = await openAdmin(address, this.#options);
      opened(urlOf({ ...address, port: this.#port.port }));
    } catch (error) {
      if (isInUse(error)) this.#retryLater();
      else this.#options.fails(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#attempt;
    this.#timer?.[Symbol.dispose]();
    await this.#port?.[Symbol.asyncDispose]();
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

function urlOf({ hostname, port }: AdminAddress): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
