/** Counts what happens on a listener, for the admin port. Loaded only with `--admin`. */
import { ignoreBelow, isOfAStranger } from "../events/event_level.ts";
import type { Pop3Event, Pop3Events } from "../events/events.ts";
import { cut } from "./printable.ts";

/** What was counted since the start. */
export interface Counts {
  readonly logins: Readonly<Record<"ok" | "wrong" | "banned", number>>;
  readonly messagesDeleted: number;
  /** Whole or in part, by RETR and TOP. */
  readonly messagesSent: number;
  /** Without those of TLS; a connection's are added when it ends. */
  readonly octetsSent: number;
  /** Connections that were refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** By the name of the error. */
  readonly errors: Readonly<Record<string, number>>;
}

/** The most names of errors, since a provider may choose them; all others are `other`. */
const MOST_NAMES = 100;

export class Counters {
  readonly #logins = { ok: 0, wrong: 0, banned: 0 };
  readonly #refused = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  #messagesDeleted = 0;
  #messagesSent = 0;
  #octetsSent = 0;
  /** For `onEvent`. It needs no event below `info`, so that commands and replies cost nothing. */
  readonly observe: Pop3Events = ignoreBelow("info", (event) => this.#count(event));

  counts(): Counts {
    return {
      logins: { ...this.#logins },
      messagesDeleted: this.#messagesDeleted,
      messagesSent: this.#messagesSent,
      octetsSent: this.#octetsSent,
      refused: Object.fromEntries(this.#refused),
      errors: Object.fromEntries(this.#errors),
    };
  }

  #count(event: Pop3Event): void {
    switch (event.type) {
      case "login":
        this.#logins.ok++;
        return;
      case "login-failed":
        // Nobody has tried a password.
        if (event.reason !== "needs-tls") this.#logins[event.reason]++;
        return;
      case "delete":
        this.#messagesDeleted += event.uniqueIds.length;
        return;
      case "close":
        this.#messagesSent += event.messagesSent;
        this.#octetsSent += event.octetsSent;
        return;
      case "refuse":
        // A peer that was gone already was not refused.
        if (event.reason !== "gone") increase(this.#refused, event.reason);
        return;
      case "error": {
        // A client that rejects the certificate is no failure of the server.
        if (isOfAStranger(event.during)) return increase(this.#errors, "peer");
        const name = event.error instanceof Error ? cut(event.error.name) : typeof event.error;
        const isNew = !this.#errors.has(name) && this.#errors.size >= MOST_NAMES;
        increase(this.#errors, isNew ? "other" : name);
      }
    }
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
