/** Faults on purpose of a provider and its mailboxes. */
import { type Clock, systemClock } from "../time/clock.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider, UserSecrets } from "../provider/mailbox_provider.ts";
import { type MessageContent, openBody } from "../provider/message_content.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import { UNCHECKED } from "../provider/unchecked.ts";
import { FaultDice } from "./fault_dice.ts";
import type { FaultPlace, FaultPlan } from "./fault_rules.ts";

/**
 * Makes a provider misbehave by a plan, for people who test a client.
 *
 * @example
 * ```ts
 * import { MemoryMailbox, Pop3Listener, SingleUserProvider } from "@pop3svc/pop3svc";
 * import { faultyProvider } from "@pop3svc/pop3svc/testing";
 *
 * const mailbox = new MemoryMailbox({ a: "Subject: Hello\r\n\r\n" });
 * const good = new SingleUserProvider({ username: "me", password: "x", openMailbox: () => mailbox });
 * const rules = [{ fault: "in-use", at: "login", times: 2 }] as const;
 * const pop3 = new Pop3Listener({ provider: faultyProvider(good, { seed: 1, rules }) });
 * ```
 */
export function faultyProvider(
  provider: MailboxProvider,
  plan: FaultPlan,
  clock: Clock = systemClock,
): MailboxProvider {
  const faults = new Faults(plan, clock);
  const atLogin = async (open: () => Promise<Mailbox | null>): Promise<Mailbox | null> => {
    await faults.strike("login");
    const mailbox = await open();
    if (mailbox === null || faults.expires("login")) return null;
    return new FaultyMailbox(mailbox, faults);
  };
  const secrets = (): UserSecrets | null => {
    const inner = provider.secrets ?? null;
    return inner === null ? null : {
      offers: inner.offers,
      secretOf: (info, username) => inner.secretOf(info, username),
      ...(inner.challengeFor === undefined ? {} : { challengeFor: inner.challengeFor.bind(inner) }),
      openMailbox: (info, username) => atLogin(async () => await inner.openMailbox(info, username)),
    };
  };
  const { authenticateToken, canonicalUsername, reopenMailbox } = provider;
  return {
    authenticate: (info, username, password) =>
      atLogin(async () => await provider.authenticate(info, username, password)),
    ...(authenticateToken === undefined ? {} : {
      authenticateToken: (info: ConnectionInfo, username: string | null, token: string) =>
        atLogin(async () => await authenticateToken.call(provider, info, username, token)),
    }),
    ...(canonicalUsername === undefined
      ? {}
      : { canonicalUsername: canonicalUsername.bind(provider) }),
    get secrets() {
      return secrets();
    },
    // Without `reopenMailbox`, the session uses the mailbox of the login again, and FaultyMailbox sees the WAKE itself.
    ...(reopenMailbox === undefined ? {} : {
      async reopenMailbox(info: ConnectionInfo, username: string) {
        await faults.strike("wake");
        if (faults.expires("wake")) return null;
        const reopened = await reopenMailbox.call(provider, info, username);
        return reopened === null ? null : new FaultyMailbox(reopened, faults);
      },
    }),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]?.();
    },
  };
}

/** What all mailboxes of one provider share. */
class Faults {
  readonly dice: FaultDice;
  readonly #clock: Clock;
  lists = 0;

  constructor(plan: FaultPlan, clock: Clock) {
    this.dice = new FaultDice(plan);
    this.#clock = clock;
  }

  /** Waits or throws, as the rules for this place say. */
  async strike(place: FaultPlace, number: number | null = null): Promise<void> {
    const applies = ({ at = "login", message }: { at?: FaultPlace; message?: number }) =>
      at === place && (message === undefined || message === number);
    for (const { milliseconds = 1_000 } of this.dice.strikes("delay", applies)) {
      await new Promise<void>((resolve) => this.#clock.after(milliseconds, resolve));
    }
    if (this.dice.strikes("in-use", applies).length > 0) {
      throw new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE" });
    }
    if (this.dice.strikes("sys-temp", applies).length > 0) {
      throw new Pop3ResponseError("Try again later.", { code: "SYS/TEMP" });
    }
  }

  expires(place: FaultPlace): boolean {
    return this.dice.strikes("expired-login", ({ at = "login" }) => at === place).length > 0;
  }
}

class FaultyMailbox implements Mailbox {
  readonly [UNCHECKED] = true;
  name?: string;
  readonly #mailbox: Mailbox;
  readonly #faults: Faults;
  /** The unique ids that the client has received, in order, and those that the mailbox has. */
  #shown: readonly string[] = [];
  #real: readonly string[] = [];
  readonly #vanished = new Set<string>();
  /** Whether the session has released it. The next call for the list then comes from a WAKE. */
  #isAsleep = false;

  constructor(mailbox: Mailbox, faults: Faults) {
    this.#mailbox = mailbox;
    this.#faults = faults;
    this.#readName();
  }

  async listMessageUniqueIds(info: ConnectionInfo): Promise<readonly string[]> {
    if (this.#isAsleep) await this.#wake();
    await this.#faults.strike("list");
    this.#real = await this.#mailbox.listMessageUniqueIds(info);
    this.#readName();
    this.#shown = this.#altered(this.#real);
    return this.#shown;
  }

  mailboxIsReadOnly(info: ConnectionInfo) {
    return this.#mailbox.mailboxIsReadOnly(info);
  }

  async messageExists(info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    return !this.#vanished.has(uniqueId) &&
      await this.#mailbox.messageExists(info, this.#realOf(uniqueId));
  }

  async messageSize(info: ConnectionInfo, uniqueId: string): Promise<number> {
    await this.#faults.strike("size", this.#numberOf(uniqueId));
    const octets = await this.#mailbox.messageSize(info, this.#realOf(uniqueId));
    const wrong = this.#strikes("wrong-size", uniqueId).map((rule) => rule.octets ?? 1);
    return Math.max(0, wrong.reduce((sum, more) => sum + more, octets));
  }

  async messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageContent | null> {
    await this.#faults.strike("contents", this.#numberOf(uniqueId));
    if (this.#strikes("vanish", uniqueId).length > 0) {
      this.#vanished.add(uniqueId);
      throw new Pop3ResponseError("That message is gone.");
    }
    const contents = await this.#mailbox.messageContents(info, this.#realOf(uniqueId));
    if (contents === null) return null;
    return this.#strikes("drop", uniqueId).length > 0 ? brokenOff(contents) : contents;
  }

  async messageDelete(info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    await this.#faults.strike("delete");
    const real = new Set(uniqueIds.map((uniqueId) => this.#realOf(uniqueId)));
    await this.#mailbox.messageDelete(info, [...real]);
  }

  release(info: ConnectionInfo) {
    this.#isAsleep = true;
    return this.#mailbox.release?.(info);
  }

  /** A mailbox that is opened for its list may have its name only then. */
  #readName(): void {
    if (this.#mailbox.name !== undefined) this.name = this.#mailbox.name;
  }

  async #wake(): Promise<void> {
    await this.#faults.strike("wake");
    if (this.#faults.expires("wake")) {
      throw new Pop3ResponseError("Your login is no longer good.", { code: "AUTH" });
    }
    this.#isAsleep = false;
  }

  #altered(real: readonly string[]): readonly string[] {
    const { dice } = this.#faults;
    const list = ++this.#faults.lists;
    const isChanging = dice.strikes("changing-unique-ids").length > 0;
    const shown = isChanging ? real.map((_, index) => `list-${list}-${index + 1}`) : [...real];
    const [first] = shown;
    const isDuplicate = dice.strikes("duplicate-unique-ids").length > 0;
    return isDuplicate && first !== undefined && shown.length > 1
      ? [...shown.slice(0, -1), first]
      : shown;
  }

  #numberOf(uniqueId: string): number {
    return this.#shown.indexOf(uniqueId) + 1;
  }

  #realOf(uniqueId: string): string {
    return this.#real[this.#shown.indexOf(uniqueId)] ?? uniqueId;
  }

  #strikes(fault: "wrong-size" | "vanish" | "drop", uniqueId: string) {
    const number = this.#numberOf(uniqueId);
    return this.#faults.dice.strikes(fault, ({ message = number }) => message === number);
  }
}

/** Contents that fail after half of the first chunk, so that the listener closes the connection. */
function brokenOff(contents: MessageContent): MessageContent {
  const body = openBody(contents);
  let isSent = false;
  return {
    async nextChunk() {
      if (isSent) {
        throw new Error("A fault on purpose: the connection is dropped in the middle of a message");
      }
      isSent = true;
      const chunk = await body.nextChunk();
      return chunk?.slice(0, Math.ceil(chunk.length / 2)) ?? new Uint8Array();
    },
    close: () => body.close(),
  };
}
