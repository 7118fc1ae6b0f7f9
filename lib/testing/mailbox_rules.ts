/** The rules that every mailbox keeps, each as a check. `mailbox_conformance.ts` makes tests of them. */
import { faultOfUniqueIds } from "../protocol/unique_id.ts";
import { OctetCounter } from "../protocol/well_formed_lines.ts";
import { asSent, firstDifference, lengthOfSame } from "./first_difference.ts";
import { BrokenRule, shown, type TestedLogin } from "./tested_login.ts";

/** A place with mail in it, as a rule sees it. */
export interface TestedMailbox {
  /** What the mailbox was filled with. */
  readonly messages: readonly Uint8Array[];
  /** Logs in. */
  logIn(): Promise<TestedLogin>;
  /** Logs in so that DELE is refused; null where that cannot be. */
  logInReadOnly(): Promise<TestedLogin | null>;
  /** Removes a message as another program would; null where that cannot be. */
  readonly remove: ((uniqueId: string) => Promise<void>) | null;
}

/** One rule. */
export interface MailboxRule {
  /** The rule, as the end of a sentence that begins with the name of the mailbox. */
  readonly name: string;
  /** Where it is written. */
  readonly source: string;
  /** @throws {BrokenRule} when the mailbox does not keep it */
  check(mailbox: TestedMailbox): Promise<void>;
}

export const mailboxRules: readonly MailboxRule[] = [
  {
    name: "lists a valid unique id for each message",
    source: "RFC 1939 section 7: 1 to 70 characters from 0x21 to 0x7E, all different",
    async check({ messages, logIn }) {
      const uniqueIds = await (await logIn()).list();
      if (uniqueIds.length !== messages.length) {
        throw new BrokenRule(`${uniqueIds.length} are listed, and must be ${messages.length}`);
      }
      const fault = faultOfUniqueIds(uniqueIds);
      if (fault === null) return;
      const why = fault.rule === "unique-id-twice" ? "is there already" : "is no valid unique id";
      throw new BrokenRule(`the unique id of number ${fault.number} ${why}`, fault.uniqueId);
    },
  },
  {
    name: "keeps unique ids and their order from login to login",
    source: "RFC 1939 section 7",
    async check({ logIn }) {
      const first = await logIn();
      const second = await logIn();
      const expected = await first.list();
      mustList(await second.list(), expected);
    },
  },
  {
    name: "gives every message back, no octet changed but for line ends",
    source: "RFC 1939 sections 3 and 5, RETR",
    async check({ messages, logIn }) {
      const login = await logIn();
      const missing = messages.map(asSent);
      const strange: { readonly uniqueId: string; readonly text: string }[] = [];
      for (const uniqueId of await login.list()) {
        const text = asSent(await login.read(uniqueId));
        const at = missing.indexOf(text);
        if (at < 0) strange.push({ uniqueId, text });
        else missing.splice(at, 1);
      }
      const [first] = strange;
      if (first === undefined) {
        if (missing.length === 0) return;
        throw new BrokenRule(`${missing.length} of the messages are not listed`);
      }
      const expected = mostLike(first.text, missing);
      if (expected !== null) {
        throw new BrokenRule(firstDifference(first.text, expected), first.uniqueId);
      }
      throw new BrokenRule("it is none of those that the mailbox was filled with", first.uniqueId);
    },
  },
  {
    name: "tells the exact size of every message, also of many at once",
    source: "RFC 1939 section 11: octets with CRLF line ends, without byte-stuffing",
    async check({ logIn }) {
      const login = await logIn();
      const uniqueIds = await login.list();
      const sizes: number[] = [];
      for (const uniqueId of uniqueIds) {
        const counter = new OctetCounter();
        counter.add(await login.read(uniqueId));
        sizes.push(counter.octets);
        mustBe(await login.size(uniqueId), counter.octets, "messageSize", uniqueId);
      }
      const many = await login.sizes(uniqueIds);
      if (many === undefined) return;
      mustBe(many.length, sizes.length, "the number of messageSizes");
      for (const [index, uniqueId] of uniqueIds.entries()) {
        mustBe(many[index], sizes[index], "messageSizes", uniqueId);
      }
    },
  },
  {
    name: "a content that is closed early can be read again",
    source: "RFC 1939 section 7, TOP",
    async check({ logIn }) {
      const login = await logIn();
      for (const uniqueId of await login.list()) {
        await login.readStart(uniqueId);
        const { length } = await login.read(uniqueId);
        if (length === 0) throw new BrokenRule("it is empty the second time", uniqueId);
      }
    },
  },
  {
    name: "knows which messages are there",
    source: "Mailbox.messageExists",
    async check({ logIn }) {
      const login = await logIn();
      for (const uniqueId of await login.list()) {
        mustBe(await login.exists(uniqueId), true, "messageExists", uniqueId);
      }
    },
  },
  {
    name: "deletes the whole set, and nothing else",
    source: "RFC 1939 section 6",
    async check({ logIn }) {
      const login = await logIn();
      const uniqueIds = await login.list();
      await login.delete(uniqueIds.filter((_, index) => index % 2 === 0));
      mustList(await (await logIn()).list(), uniqueIds.filter((_, index) => index % 2 === 1));
    },
  },
  {
    name: "deletes everything",
    source: "RFC 1939 section 6",
    async check({ logIn }) {
      const login = await logIn();
      await login.delete(await login.list());
      mustList(await (await logIn()).list(), []);
    },
  },
  {
    name: "a message that another login deleted is gone, and counts as deleted",
    source: "Mailbox.messageExists, Mailbox.messageDelete",
    async check({ logIn }) {
      const mine = await logIn();
      const theirs = await logIn();
      const [first = "", second = ""] = await mine.list();
      await theirs.list();
      await theirs.delete([first]);
      await mustDeleteWithGone(mine, first, second);
    },
  },
  {
    name: "a message that another program removed is gone, and counts as deleted",
    source: "Mailbox.messageExists, Mailbox.messageDelete",
    async check({ logIn, remove }) {
      if (remove === null) return;
      const login = await logIn();
      const [first = "", second = ""] = await login.list();
      await remove(first);
      await mustDeleteWithGone(login, first, second);
    },
  },
  {
    name: "says whether it is read-only",
    source: "Mailbox.mailboxIsReadOnly",
    async check({ logIn, logInReadOnly }) {
      mustBe(await (await logIn()).isReadOnly(), false, "mailboxIsReadOnly");
      const readOnly = await logInReadOnly();
      if (readOnly !== null) mustBe(await readOnly.isReadOnly(), true, "mailboxIsReadOnly");
    },
  },
];

async function mustDeleteWithGone(login: TestedLogin, gone: string, other: string): Promise<void> {
  mustBe(await login.exists(gone), false, "messageExists", gone);
  await login.delete([gone, other]);
  mustBe(await login.exists(other), false, "messageExists, once it is deleted,", other);
}

function mustBe(actual: unknown, expected: unknown, what: string, uniqueId?: string): void {
  if (actual === expected) return;
  throw new BrokenRule(`${what} is ${shown(actual)}, and must be ${shown(expected)}`, uniqueId);
}

function mustList(actual: readonly string[], expected: readonly string[]): void {
  const end = Math.max(actual.length, expected.length);
  for (let index = 0; index < end; index++) {
    const [is, mustBe] = [actual[index], expected[index]];
    if (is === mustBe) continue;
    const should = mustBe === undefined ? "nothing" : shown(mustBe);
    throw new BrokenRule(
      `number ${index + 1} of the list is ${
        is === undefined ? "missing" : shown(is)
      }, and must be ` +
        `${should}; ${actual.length} are listed, and must be ${expected.length}`,
    );
  }
}

/** The text that has the most at its start in common with this one. */
function mostLike(text: string, texts: readonly string[]): string | null {
  let best: string | null = null;
  for (const each of texts) {
    if (best === null || lengthOfSame(text, each) > lengthOfSame(text, best)) best = each;
  }
  return best;
}
