/** Sessions with a guard, on a clock that stands still. */
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import { LoginDelay } from "../../lib/guard/login_delay.ts";
import { BanningGuard } from "../../lib/guard/banning_guard.ts";
import type { Happening } from "../../lib/events/events.ts";
import { type MailboxProvider, MemoryMailbox } from "../../lib/mod.ts";
import type { Reply } from "../../lib/protocol/reply.ts";
import { SessionInfo } from "../../lib/session/session_info.ts";
import { Session } from "../../lib/session/session.ts";
import { ManualClock } from "../manual_clock.ts";
import { sessionContext } from "../transcript_peers.ts";

export const encoder = new TextEncoder();
export const WRONG = "[AUTH] Wrong username or password.";

/** Lets all work go on that waits for promises only. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The reply as text. */
export function textOf(reply: Reply): string {
  if (reply.type === "challenge") return `+ ${new TextDecoder().decode(reply.challenge)}`;
  return reply.type === "error"
    ? `${reply.code === null ? "" : `[${reply.code}] `}${reply.text}`
    : reply.text;
}

/** Sessions of one server, whose time stands still. */
export class Server {
  readonly clock = new ManualClock();
  readonly events: Happening[] = [];
  readonly greetings = new WeakMap<Session, string>();
  readonly #provider: MailboxProvider;
  readonly #guard: BanningGuard;
  readonly #delay: LoginDelay;

  constructor(provider: Partial<MailboxProvider>, { loginDelay = 0 } = {}) {
    const engine = new StrikeBanEngine({ clock: this.clock });
    this.#provider = { name: "test", authenticate: () => null, ...provider };
    this.#guard = new BanningGuard(() => engine, this.clock);
    this.#delay = new LoginDelay(() => loginDelay, this.clock);
  }

  connect(clientAddress = "192.0.2.7"): Session {
    const context = sessionContext({ provider: this.#provider, allowsInsecureLogin: true });
    const info = new SessionInfo({
      ...context.info,
      clientAddress,
      countedAddress: clientAddress,
      isSecure: true,
    });
    const session = new Session({
      ...context,
      info,
      guard: this.#guard,
      loginPace: this.#delay,
      emit: (event) => void this.events.push(event),
    });
    this.greetings.set(session, session.greeting().text);
    return session;
  }

  /** Why each refused login was refused. */
  get refusals(): string[] {
    return this.events.flatMap((event) => event.type === "login-failed" ? [event.reason] : []);
  }
}

export async function say(session: Session, line: string): Promise<string> {
  return textOf(await session.respond(encoder.encode(line)));
}

/** The replies that have come after so much time; null for each that has not. */
export async function answers(
  server: Server,
  replies: readonly Promise<string>[],
  milliseconds = 1_000,
): Promise<(string | null)[]> {
  const heard: (string | null)[] = replies.map(() => null);
  replies.forEach((reply, n) => reply.then((text) => heard[n] = text));
  await settle();
  server.clock.advance(milliseconds);
  await settle();
  return heard;
}

/** The milliseconds until a reply comes. */
export async function delayOf(server: Server, reply: Promise<string>): Promise<number> {
  const startedAt = server.clock.now();
  let isHeard = false;
  reply.then(() => isHeard = true);
  await settle();
  while (!isHeard) {
    server.clock.advance(100);
    await settle();
  }
  return server.clock.now() - startedAt;
}

export const base64 = (text: string) => encoder.encode(text).toBase64();
export const plain = (password: string) => `AUTH PLAIN ${base64(`\0me\0${password}`)}`;
export const bearer = (token: string) =>
  `AUTH XOAUTH2 ${base64(`user=me\x01auth=Bearer ${token}\x01\x01`)}`;

/** A provider that knows the password of `me`, and how often it opened a mailbox. */
export function secretsOf(
  password: string,
): { provider: Partial<MailboxProvider>; opened: () => number } {
  let opened = 0;
  return {
    provider: {
      secrets: {
        offers: "apop-and-scram",
        secretOf: (_info, username) => username === "me" ? { type: "plain", password } : null,
        openMailbox: () => {
          opened++;
          return new MemoryMailbox();
        },
      },
    },
    opened: () => opened,
  };
}

export const scram = `AUTH SCRAM-SHA-256 ${base64("n,,n=me,r=abc")}`;
