/**
 * The tests that every mailbox must pass.
 *
 * @module
 */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import { type MailboxRule, mailboxRules, type TestedMailbox } from "./mailbox_rules.ts";
import { BrokenRule, shown, TestedLogin } from "./tested_login.ts";

/** A mailbox with messages, made for one test and removed after it. */
export interface MailboxFixture extends AsyncDisposable {
  /** Opens the mailbox, as for one login. */
  open(): Mailbox | Promise<Mailbox>;
  /** Opens it so that DELE is refused; absent for a kind of mailbox that cannot refuse it. */
  openReadOnly?(): Mailbox | Promise<Mailbox>;
  /** Removes a message as another program would; absent where no other program can. */
  removeBehindItsBack?(uniqueId: string): void | Promise<void>;
}

/** How to test a mailbox. */
export interface MailboxConformance {
  /** What the mailbox is called in the names of the tests. */
  readonly name: string;
  /** Makes a mailbox that holds exactly these messages. */
  readonly fill: (messages: readonly Uint8Array[]) => MailboxFixture | Promise<MailboxFixture>;
  /** Registers a test; `Deno.test` by default. */
  readonly test?: (name: string, run: () => Promise<void>) => void;
}

const encoder = new TextEncoder();

/** Messages that are easy to get wrong. No two are the same. */
const messages: readonly Uint8Array[] = [
  "Subject: plain\r\n\r\nHello\r\n",
  "Subject: bare LF\n\nOne\n.Two\n",
  "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n",
  "Subject: open end\r\n\r\nThe last line",
  "Subject: header only\r\n",
  `Subject: one long line\r\n\r\n${"0123456789".repeat(40_000)}\r\n`,
].map((text) => encoder.encode(text)).concat(
  new Uint8Array([...encoder.encode("Subject: 8-bit\r\n\r\n"), 0, 1, 0x7f, 0x80, 0xff, 0x0d, 0x0a]),
);

/**
 * Registers a test for each rule that a mailbox must keep. A failure names the rule and where it is written, the unique-id
 * of the message, and the first octet that is wrong.
 *
 * @example
 * ```ts
 * import { MemoryMailbox, testMailbox } from "@pop3svc/pop3svc/testing";
 *
 * const tests: string[] = [];
 * testMailbox({
 *   name: "my mailbox",
 *   fill: (messages) => {
 *     // A real one makes a folder or a database here, and removes it at the end.
 *     const mailbox = new MemoryMailbox(Object.fromEntries(messages.map((each, n) => [`id-${n}`, each])));
 *     return { open: () => mailbox, [Symbol.asyncDispose]: async () => {} };
 *   },
 *   test: (name) => void tests.push(name), // without it, the tests are registered with Deno.test
 * });
 * console.log(tests[0]); // my mailbox: lists a valid unique id for each message
 * ```
 */
export function testMailbox(conformance: MailboxConformance): void {
  const register = conformance.test ?? Deno.test;
  for (const rule of mailboxRules) {
    register(`${conformance.name}: ${rule.name}`, async () => {
      await using fixture = await conformance.fill(messages);
      await mustKeep(rule, fixture);
    });
  }
}

async function mustKeep(rule: MailboxRule, fixture: MailboxFixture): Promise<void> {
  try {
    await rule.check(testedMailbox(fixture));
  } catch (error) {
    const how = error instanceof BrokenRule ? error.message : shown(error);
    const cause = error instanceof BrokenRule ? error.cause : error;
    throw new Error(
      `${rule.name} (${rule.source})\n${how}`,
      cause === undefined ? {} : { cause },
    );
  }
}

function testedMailbox(fixture: MailboxFixture): TestedMailbox {
  return {
    messages,
    logIn: async () => new TestedLogin(await fixture.open(), testConnectionInfo()),
    logInReadOnly: async () => {
      const mailbox = await fixture.openReadOnly?.();
      return mailbox === undefined ? null : new TestedLogin(mailbox, testConnectionInfo());
    },
    remove: fixture.removeBehindItsBack === undefined
      ? null
      : async (uniqueId) => await fixture.removeBehindItsBack?.(uniqueId),
  };
}

let lastConnectionId = 0;

/**
 * The facts of a connection that does not exist, for a test that calls a mailbox or provider itself.
 *
 * @example
 * ```ts
 * import { MemoryMailbox, testConnectionInfo } from "@pop3svc/pop3svc/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const mailbox = new MemoryMailbox({ a: "Subject: Hello\n" });
 * assertEquals(await mailbox.messageSize(testConnectionInfo(), "a"), 16);
 * ```
 */
export function testConnectionInfo(): ConnectionInfo {
  return {
    connectionId: `test-${++lastConnectionId}`,
    clientAddress: "127.0.0.1",
    clientPort: 50_000,
    isSecure: false,
    tls: null,
    username: "me",
    mailboxName: null,
    signal: new AbortController().signal,
    tag: undefined,
  };
}
