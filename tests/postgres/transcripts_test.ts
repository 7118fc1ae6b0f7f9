/** The transcripts, played on mailboxes in PostgreSQL. */
import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { addAccount, deliver, importMailbox } from "../../lib/postgres/mod.ts";
import { MemoryMailbox } from "../../lib/mailbox/memory_mailbox.ts";
import type { ConnectionInfo } from "../../lib/provider/connection_info.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import type { MailboxProvider } from "../../lib/provider/mailbox_provider.ts";
import { testConnectionInfo } from "../../lib/testing/mailbox_conformance.ts";
import { parseTranscript } from "../../lib/testing/parse_transcript.ts";
import { playTranscript } from "../../lib/testing/play_transcript.ts";
import type { Transcript } from "../../lib/testing/transcript.ts";
import { overLoopback } from "../transcript_peers.ts";
import { MailDatabase } from "./mail_database.ts";
import { testWithPostgres } from "./test_postgres.ts";

const folder = fromFileUrl(new URL("../transcripts", import.meta.url));
const transcripts = namesIn(folder).flatMap((group) =>
  namesIn(join(folder, group)).map((name) => ({
    name: `${group}/${name}`,
    transcript: parseTranscript(Deno.readTextFileSync(join(folder, group, name))),
  }))
);

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

/** What happens to the maildrop outside of the session; `delete-fails` cannot be played here. */
const OUTSIDE = new Set(["gone", "new", "in-use"]);

/** LIST of a message that is gone fails there; here the list has its size. */
const OF_MEMORY = new Set(["transaction/vanished-message"]);

testWithPostgres("the transcripts are played on a mailbox in PostgreSQL", async (database) => {
  await using mail = await MailDatabase.create(database);
  const played = { all: 0, readOnly: 0, outside: 0 };
  const left: string[] = [];
  for (const [number, { name, transcript }] of transcripts.entries()) {
    const { steps, readOnly, messages } = transcript;
    const arriving = steps.flatMap((step) => step.type === "new" ? [step.uniqueId] : []);
    const isPlayable = !OF_MEMORY.has(name) && steps.every(({ type }) => type !== "delete-fails") &&
      // The tables take no unique id that is none.
      [...Object.keys(messages), ...arriving].every((id) => /^[!-~]{1,70}$/.test(id) && id !== "_");
    if (!isPlayable) {
      left.push(name);
      continue;
    }
    const user = `user${number}`;
    await fillWith(mail, user, transcript);
    const isOutside = steps.some(({ type }) => OUTSIDE.has(type));
    const exclusive = steps.some(({ type }) => type === "in-use");
    const open = async (memory: Mailbox) => {
      const mailbox = await mail.open({ readOnly, exclusive }, user);
      return isOutside && memory instanceof MemoryMailbox
        ? new FollowingMailbox(mailbox, memory, mail, user)
        : mailbox;
    };
    try {
      await playTranscript(
        transcript,
        (scene) => overLoopback({ ...scene, provider: replaced(scene.provider, open) }),
      );
    } catch (error) {
      throw new Error(name, { cause: error });
    }
    played.all++;
    if (readOnly) played.readOnly++;
    if (isOutside) played.outside++;
  }
  console.log(`${JSON.stringify(played)}, and not: ${left.join(" ")}`);
  assert(played.all > 80 && played.readOnly > 0 && played.outside > 5, JSON.stringify(played));
});

async function fillWith(mail: MailDatabase, user: string, { messages }: Transcript): Promise<void> {
  await addAccount(mail.owner, user, "{PLAIN}passw0rd");
  const memory = new MemoryMailbox();
  for (const [uniqueId, octets] of Object.entries(messages)) memory.messages.set(uniqueId, octets);
  await importMailbox(mail.owner, user, memory);
}

/** A mailbox in the database to which all happens that a transcript does to one in memory, in front of each question. */
class FollowingMailbox implements Mailbox {
  readonly #mailbox: Mailbox;
  readonly #memory: MemoryMailbox;
  readonly #mail: MailDatabase;
  readonly #user: string;

  constructor(mailbox: Mailbox, memory: MemoryMailbox, mail: MailDatabase, user: string) {
    this.#mailbox = mailbox;
    this.#memory = memory;
    this.#mail = mail;
    this.#user = user;
  }

  async listMessageUniqueIds(info: ConnectionInfo): Promise<readonly string[]> {
    await this.#follow();
    try {
      await this.#memory.listMessageUniqueIds(info);
    } catch {
      // Another process has it.
      const other = await this.#mail.open({ exclusive: true }, this.#user);
      await other.listMessageUniqueIds(info);
      try {
        return await this.#mailbox.listMessageUniqueIds(info);
      } finally {
        await other.release?.(info);
      }
    }
    return await this.#mailbox.listMessageUniqueIds(info);
  }

  mailboxIsReadOnly(info: ConnectionInfo) {
    return this.#mailbox.mailboxIsReadOnly(info);
  }

  async messageExists(info: ConnectionInfo, uniqueId: string) {
    await this.#follow();
    return await this.#mailbox.messageExists(info, uniqueId);
  }

  async messageSize(info: ConnectionInfo, uniqueId: string) {
    await this.#follow();
    return await this.#mailbox.messageSize(info, uniqueId);
  }

  async messageSizes(info: ConnectionInfo, uniqueIds: readonly string[]) {
    await this.#follow();
    return await this.#mailbox.messageSizes?.(info, uniqueIds) ?? uniqueIds.map(() => null);
  }

  async messageContents(info: ConnectionInfo, uniqueId: string) {
    await this.#follow();
    return await this.#mailbox.messageContents(info, uniqueId);
  }

  async messageDelete(info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    await this.#follow();
    await this.#mailbox.messageDelete(info, uniqueIds);
    await this.#memory.messageDelete(info, uniqueIds);
  }

  async release(info: ConnectionInfo): Promise<void> {
    await this.#mailbox.release?.(info);
  }

  async #follow(): Promise<void> {
    const { messages } = this.#memory;
    const here = new Set(
      await this.#mail.sql(
        `select unique_id from pop3svc.message where mailbox = (select id from pop3svc.mailbox where name = '${this.#user}')`,
      ),
    );
    for (const gone of [...here].filter((uniqueId) => !messages.has(uniqueId))) {
      const other = await this.#mail.open({}, this.#user);
      await other.messageDelete(testConnectionInfo(), [gone]);
    }
    for (const [uniqueId, content] of messages) {
      if (!here.has(uniqueId)) await deliver(this.#mail.owner, this.#user, content, { uniqueId });
    }
  }
}

/** The same provider, except that each mailbox is another one. */
function replaced(
  provider: MailboxProvider,
  open: (memory: Mailbox) => Promise<Mailbox>,
): MailboxProvider {
  type Answer = ReturnType<MailboxProvider["authenticate"]>;
  const ifAny = async (answer: Answer | undefined) => {
    const mailbox = await answer ?? null;
    return mailbox === null ? null : await open(mailbox);
  };
  const { secrets } = provider;
  return {
    authenticate: (...given) => ifAny(provider.authenticate(...given)),
    ...(provider.authenticateToken === undefined ? {} : {
      authenticateToken: (info: ConnectionInfo, username: string | null, token: string) =>
        ifAny(provider.authenticateToken?.(info, username, token)),
    }),
    reopenMailbox: (...given) => ifAny(provider.reopenMailbox?.(...given)),
    ...(secrets === undefined || secrets === null ? {} : {
      secrets: {
        ...secrets,
        offers: secrets.offers,
        secretOf: (...given) => secrets.secretOf(...given),
        openMailbox: (...given) => ifAny(secrets.openMailbox(...given)),
      },
    }),
  };
}
