/** A server for one test: it is there when the promise resolves, and gone when the test ends. */
import { MemoryMailbox } from "../mailbox/memory_mailbox.ts";
import { Pop3Listener } from "../listener/pop3_listener.ts";
import type { Pop3ListenerOptions } from "../listener/settings.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { TestCertificate } from "./test_certificate.ts";

/** The messages of a mailbox: text (sent as UTF-8) or octets, in their order; with their unique-ids, or without. */
export type TestMessages =
  | readonly (string | Uint8Array)[]
  | Iterable<readonly [uniqueId: string, content: string | Uint8Array]>
  | Readonly<Record<string, string | Uint8Array>>;

/** The options of {@linkcode startTestServer}: the mail, and every option of a listener. */
export interface TestServerOptions<Name extends string = string>
  extends Omit<Pop3ListenerOptions, "provider"> {
  /** The mailbox of each user. Nobody else can log in. */
  readonly mailboxes?: Readonly<Record<Name, TestMessages | MemoryMailbox>>;
  /** The passwords of users; for a user who is left out, any password is right. */
  readonly passwords?: { readonly [User in NoInfer<Name>]?: string };
  /** Whether to offer TLS: STLS at `port`, and implicit TLS at `tlsPort`. False by default. */
  readonly tls?: boolean;
}

/** A server that runs. */
export interface TestServer<Name extends string = string> extends AsyncDisposable {
  /** Where it listens. */
  readonly hostname: "127.0.0.1";
  /** The port without TLS. */
  readonly port: number;
  /** The port with implicit TLS; null without `tls`. */
  readonly tlsPort: number | null;
  /** The certificate of the authority that a client must trust, as PEM text; null where the certificate is not its own. */
  readonly ca: string | null;
  /** The mailbox of each user: a test can add to it, and look what is left. */
  readonly mailboxes: Readonly<Record<Name, MemoryMailbox>>;
  /** The listener, for what is seldom needed: its status, a setting that changes while it runs. */
  readonly listener: Pop3Listener;
  /** Stops it. It may be called more than once. */
  stop(): Promise<void>;
}

/** A server that offers TLS. */
export interface SecureTestServer<Name extends string = string> extends TestServer<Name> {
  /** The port with implicit TLS. */
  readonly tlsPort: number;
  /** The certificate of the authority that a client must trust, as PEM text. */
  readonly ca: string;
}

/**
 * Starts a server with TLS on free ports of this machine, with a certificate of its own for `localhost`, 127.0.0.1 and ::1.
 *
 * @example
 * ```ts
 * import { Pop3Client, startTestServer } from "@pop3svc/pop3svc/testing";
 *
 * await using server = await startTestServer({ mailboxes: { ann: [] }, tls: true });
 * const { tlsPort, ca } = server;
 * using client = await Pop3Client.connect({ port: tlsPort, tls: true, caCerts: [ca] });
 * await client.logIn("ann", "any password");
 * ```
 */
export function startTestServer<const Name extends string = never>(
  options: TestServerOptions<Name> & { readonly tls: true; readonly certificate?: null },
): Promise<SecureTestServer<Name>>;
/**
 * Starts a server on a free port of this machine. Each user has a mailbox in memory, and any password is right.
 *
 * This machine is never banned, unless the option `banEngine` says so: `new StrikeBanEngine({ exempt: [] })`.
 *
 * @example
 * ```ts
 * import { Pop3Client, startTestServer } from "@pop3svc/pop3svc/testing";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await startTestServer({
 *   mailboxes: { ann: ["Subject: one\n\nHello"], bob: { "id-1": "Subject: two\n\n" } },
 * });
 * using client = await Pop3Client.connect(server);
 * await client.logIn("ann", "any password");
 * assertEquals(await client.listing("RETR 1"), ["Subject: one", "", "Hello"]);
 * await client.say("DELE 1");
 * await client.say("QUIT");
 * assertEquals(server.mailboxes.ann.messages.size, 0);
 * assertEquals(server.mailboxes.bob.messages.size, 1);
 * ```
 */
export function startTestServer<const Name extends string = never>(
  options?: TestServerOptions<Name>,
): Promise<TestServer<Name>>;
export async function startTestServer<const Name extends string = never>(
  options: TestServerOptions<Name> = {},
): Promise<TestServer<Name>> {
  const { mailboxes: given, passwords, tls = false, ...rest } = options;
  const mailboxes = mailboxesOf(given ?? {});
  const provider = providerOf(mailboxes, passwords ?? {});
  const own = tls && (rest.certificate ?? null) === null ? await ownCertificate() : null;
  const listener = new Pop3Listener({
    ...rest,
    ...(own === null ? {} : { certificate: own }),
    provider,
  });
  const where = { hostname: "127.0.0.1", port: 0 } as const;
  try {
    const { port } = await listener.listenOn(where);
    const tlsPort = tls ? (await listener.listenOn({ ...where, tls })).port : null;
    const stop = () => listener.stop();
    return {
      hostname: where.hostname,
      port,
      tlsPort,
      ca: own?.ca ?? null,
      // The type system does not see that the names are those that were given.
      mailboxes: Object.fromEntries(mailboxes) as Record<Name, MemoryMailbox>,
      listener,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await listener.stop();
    throw error;
  }
}

async function ownCertificate(): Promise<TestCertificate> {
  const { testCertificate } = await import("./test_certificate.ts");
  return await testCertificate();
}

function mailboxesOf(
  given: Readonly<Record<string, TestMessages | MemoryMailbox>>,
): ReadonlyMap<string, MemoryMailbox> {
  const entries = Object.entries(given);
  return new Map(entries.map(([name, mail]) => [
    name,
    mail instanceof MemoryMailbox ? mail : mailboxOf(name, mail),
  ]));
}

function mailboxOf(name: string, mail: TestMessages): MemoryMailbox {
  const mailbox = new MemoryMailbox({}, { name });
  const entries = Symbol.iterator in mail ? mail : Object.entries(mail);
  for (const entry of entries) {
    const [uniqueId, content] = typeof entry === "string" || entry instanceof Uint8Array
      ? [`${mailbox.messages.size + 1}`, entry]
      : entry;
    const octets = typeof content === "string" ? new TextEncoder().encode(content) : content;
    mailbox.messages.set(uniqueId, octets);
  }
  return mailbox;
}

/** @throws {TypeError} for the password of a user who has no mailbox */
function providerOf(
  mailboxes: ReadonlyMap<string, MemoryMailbox>,
  passwords: Readonly<Record<string, string | undefined>>,
): MailboxProvider {
  const passwordOf = new Map(Object.entries(passwords));
  for (const name of passwordOf.keys()) {
    if (!mailboxes.has(name)) throw new TypeError(`passwords: ${name} has no mailbox`);
  }
  return {
    name: "test server",
    authenticate(_info, username, password) {
      const isRight = (passwordOf.get(username) ?? password) === password;
      return isRight ? mailboxes.get(username) ?? null : null;
    },
  };
}
