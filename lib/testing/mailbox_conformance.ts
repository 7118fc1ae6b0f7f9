/**
 * The tests that every mailbox must pass.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import { openBody } from "../provider/message_content.ts";
import { ByteStuffer } from "../protocol/byte_stuffing.ts";
import { faultOfUniqueIds } from "../protocol/unique_id.ts";
import { OctetCounter } from "../protocol/well_formed_lines.ts";

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
  `Subject: one long line\r\n\r\n${"0123456789".repeat(20_000)}\r\n`,
].map((text) => encoder.encode(text)).concat(
  new Uint8Array([...encoder.encode("Subject: 8-bit\r\n\r\n"), 0, 1, 0x7f, 0x80, 0xff, 0x0d, 0x0a]),
);

/**
 * Registers the tests.
 *
 * @example
 * ```ts ignore
 * import { testMailbox } from "@pop3svc/pop3svc/testing";
 *
 * testMailbox({
 *   name: "my mailbox",
 *   fill: async (messages) => {
 *     const bucket = await Bucket.create(messages);
 *     return {
 *       open: () => new BucketMailbox(bucket),
 *       [Symbol.asyncDispose]: () => bucket.delete(),
 *     };
 *   },
 * });
 * ```
 */
export function testMailbox(conformance: MailboxConformance): void {
  const register = conformance.test ?? Deno.test;
  for (const [name, run] of cases) {
    register(`${conformance.name}: ${name}`, async () => {
      await using fixture = await conformance.fill(messages);
      await run(fixture);
    });
  }
}

const cases: readonly (readonly [string, (fixture: MailboxFixture) => Promise<void>])[] = [
  ["lists a valid unique id for each message", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    assertEquals(uniqueIds.length, messages.length);
    assertEquals(faultOfUniqueIds(uniqueIds), null);
  }],
  ["keeps unique ids and their order from login to login", async (fixture) => {
    const first = await openIn(fixture);
    const second = await openIn(fixture);
    assertEquals(
      await second.mailbox.listMessageUniqueIds(second.info),
      await first.mailbox.listMessageUniqueIds(first.info),
    );
  }],
  ["gives every message back, no octet changed but for line ends", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    const onTheWire: string[] = [];
    for (const uniqueId of await mailbox.listMessageUniqueIds(info)) {
      onTheWire.push(wireForm(await readAll(mailbox, info, uniqueId)));
    }
    assertEquals(onTheWire.sort(), messages.map(wireForm).sort());
  }],
  ["tells the exact size of every message, also of many at once", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const counted: number[] = [];
    const told: number[] = [];
    for (const uniqueId of uniqueIds) {
      const counter = new OctetCounter();
      counter.add(await readAll(mailbox, info, uniqueId));
      counted.push(counter.octets);
      told.push(await mailbox.messageSize(info, uniqueId));
    }
    assertEquals(told, counted);
    const many = await mailbox.messageSizes?.(info, uniqueIds);
    if (many !== undefined) assertEquals([...many], counted);
  }],
  ["a content that is closed early can be read again", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    for (const uniqueId of await mailbox.listMessageUniqueIds(info)) {
      const body = openBody(await mailbox.messageContents(info, uniqueId));
      await body.nextChunk();
      await body.close();
      assert((await readAll(mailbox, info, uniqueId)).length > 0);
    }
  }],
  ["knows which messages are there", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    for (const uniqueId of await mailbox.listMessageUniqueIds(info)) {
      assertEquals(await mailbox.messageExists(info, uniqueId), true);
    }
  }],
  ["deletes the whole set, and nothing else", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const doomed = uniqueIds.filter((_, index) => index % 2 === 0);
    await mailbox.messageDelete(info, doomed);
    const later = await openIn(fixture);
    assertEquals(
      await later.mailbox.listMessageUniqueIds(later.info),
      uniqueIds.filter((uniqueId) => !doomed.includes(uniqueId)),
    );
  }],
  ["deletes everything", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    await mailbox.messageDelete(info, await mailbox.listMessageUniqueIds(info));
    const later = await openIn(fixture);
    assertEquals(await later.mailbox.listMessageUniqueIds(later.info), []);
  }],
  ["a message that another login deleted is gone, and counts as deleted", async (fixture) => {
    const mine = await openIn(fixture);
    const theirs = await openIn(fixture);
    const [first = "", second = ""] = await mine.mailbox.listMessageUniqueIds(mine.info);
    await theirs.mailbox.listMessageUniqueIds(theirs.info);
    await theirs.mailbox.messageDelete(theirs.info, [first]);
    assertEquals(await mine.mailbox.messageExists(mine.info, first), false);
    await mine.mailbox.messageDelete(mine.info, [first, second]);
    assertEquals(await mine.mailbox.messageExists(mine.info, second), false);
  }],
  ["a message that another program removed is gone, and counts as deleted", async (fixture) => {
    if (fixture.removeBehindItsBack === undefined) return;
    const { mailbox, info } = await openIn(fixture);
    const [first = "", second = ""] = await mailbox.listMessageUniqueIds(info);
    await fixture.removeBehindItsBack(first);
    assertEquals(await mailbox.messageExists(info, first), false);
    await mailbox.messageDelete(info, [first, second]);
    assertEquals(await mailbox.messageExists(info, second), false);
  }],
  ["says whether it is read-only", async (fixture) => {
    const { mailbox, info } = await openIn(fixture);
    assertEquals(await mailbox.mailboxIsReadOnly(info), false);
    const readOnly = await fixture.openReadOnly?.();
    if (readOnly !== undefined) assertEquals(await readOnly.mailboxIsReadOnly(info), true);
  }],
];

let lastConnectionId = 0;

/** The facts of a connection that does not exist, for a test that calls a mailbox or provider itself. */
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

async function openIn(
  fixture: MailboxFixture,
): Promise<{ readonly mailbox: Mailbox; readonly info: ConnectionInfo }> {
  return { mailbox: await fixture.open(), info: testConnectionInfo() };
}

async function readAll(
  mailbox: Mailbox,
  info: ConnectionInfo,
  uniqueId: string,
): Promise<Uint8Array> {
  const body = openBody(await mailbox.messageContents(info, uniqueId));
  const octets: Uint8Array[] = [];
  try {
    for (let chunk = await body.nextChunk(); chunk !== null; chunk = await body.nextChunk()) {
      octets.push(chunk.slice());
    }
  } finally {
    await body.close();
  }
  return new Uint8Array(await new Blob(octets.map((chunk) => new Uint8Array(chunk))).arrayBuffer());
}

/** The message as a client gets it, where all line ends are the same: a mailbox may change nothing else. */
function wireForm(message: Uint8Array): string {
  const stuffer = new ByteStuffer();
  return stuffer.encode(message).toHex() + stuffer.end().toHex();
}
