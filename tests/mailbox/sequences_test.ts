/**
 * Any sequence of deliveries, renames, new flags, deletions by two sessions and restarts: every message keeps its id and
 * octets, no id ever means two messages, and only deleted messages are gone.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { maildirLayout } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import type { LoginMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import type { ConnectionInfo } from "../../lib/provider/connection_info.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

type Step =
  | { readonly do: "deliver"; readonly isTwin: boolean; readonly which: number }
  | { readonly do: "flag" | "renumber" | "link"; readonly which: number }
  | { readonly do: "delete"; readonly by: 0 | 1; readonly which: number }
  | { readonly do: "login"; readonly by: 0 | 1 }
  | { readonly do: "restart" };

const which = fc.nat(50);
const by = fc.constantFrom<0 | 1>(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("deliver" as const), isTwin: fc.boolean(), which }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("flag", "renumber", "link"), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("delete" as const), by, which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("login" as const), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

/** A session of a client; a step `login` replaces it. */
interface Session {
  readonly mailbox: LoginMailbox;
  readonly info: ConnectionInfo;
  readonly uniqueIds: readonly string[];
}

class World {
  readonly #folder: string;
  readonly #sessions: (Session | null)[] = [null, null];
  #mailbox: LoginMailbox;
  #delivered = 0;
  #links = 0;
  /** The base names of the messages that exist, by contents; the name is that of the delivery. */
  readonly live = new Map<string, string>();
  /** The contents that each id has ever meant, and below the id of each contents. */
  readonly #contentsOf = new Map<string, string>();
  readonly #idOf = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#mailbox = this.#open();
  }

  #open(): LoginMailbox {
    return sharedMailbox(new FileStore(this.#folder, maildirLayout));
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "deliver":
        return await this.#deliver(step.isTwin ? this.#baseOf(step.which) : null);
      case "restart":
        this.#mailbox = this.#open();
        this.#sessions.fill(null);
        return;
      case "login":
        return void (this.#sessions[step.by] = await this.look());
      case "delete":
        return await this.#delete(step.by, step.which);
      default:
        return await this.#rename(step.do, step.which);
    }
  }

  async #deliver(base: string | null): Promise<void> {
    const number = ++this.#delivered;
    const contents = `Subject: ${number}\r\n\r\n${"x".repeat(number)}\r\n`;
    const name = base ?? `${number}.host`;
    const path = join(this.#folder, "tmp", `${number}`);
    await Deno.writeTextFile(path, contents);
    await Deno.utime(path, 1_000 + number, 1_000 + number);
    // A twin lies in the other folder or has other flags.
    const to = base === null ? `new/${name}` : `cur/${name}:2,F${"abcdefgh"[number % 8]}${number}`;
    await Deno.rename(path, join(this.#folder, to));
    this.live.set(contents, name);
  }

  #baseOf(which: number): string | null {
    const bases = [...this.live.values()];
    return bases[which % Math.max(1, bases.length)]?.split(",")[0] ?? null;
  }

  #files(): string[] {
    return ["new", "cur"].flatMap((folder) =>
      [...Deno.readDirSync(join(this.#folder, folder))].map(({ name }) => `${folder}/${name}`)
    ).sort();
  }

  async #rename(how: "flag" | "renumber" | "link", which: number): Promise<void> {
    const files = this.#files();
    const path = files[which % Math.max(1, files.length)];
    if (path === undefined) return;
    const name = path.slice(4);
    const base = name.replace(/:2,.*$/, "");
    const unique = `${++this.#links}`;
    const target = how === "renumber" && !base.includes(",U=")
      ? `cur/${base},U=${unique}:2,S${unique}`
      : `cur/${base}:2,S${unique}`;
    const [from, to] = [path, target].map((each) => join(this.#folder, each));
    if (from === undefined || to === undefined) return;
    // One inode with two base names would count as two messages.
    if (how === "renumber" && ((await Deno.lstat(from)).nlink ?? 1) > 1) return;
    // An interrupted move leaves the same inode under both names.
    if (how === "link") await Deno.link(from, to);
    else await Deno.rename(from, to);
  }

  async #delete(by: 0 | 1, which: number): Promise<void> {
    const session = this.#sessions[by] ?? await this.look();
    const uniqueId = session.uniqueIds[which % Math.max(1, session.uniqueIds.length)];
    if (uniqueId === undefined) return;
    await session.mailbox.messageDelete(session.info, [uniqueId]);
    this.live.delete(this.#contentsOf.get(uniqueId) ?? "");
  }

  /** Logs in, reads everything, and checks it. */
  async look(): Promise<Session> {
    const mailbox = this.#mailbox;
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const sizes = await mailbox.messageSizes(info, uniqueIds);
    const seen: string[] = [];
    for (const [index, uniqueId] of uniqueIds.entries()) {
      const body = openBody(await mailbox.messageContents(info, uniqueId));
      const contents = new TextDecoder().decode(await body.nextChunk() ?? new Uint8Array());
      await body.close();
      assertEquals(sizes[index], contents.length);
      assertEquals(
        this.#contentsOf.get(uniqueId) ?? contents,
        contents,
        `${uniqueId} is two messages`,
      );
      assertEquals(this.#idOf.get(contents) ?? uniqueId, uniqueId, "a message has another id");
      this.#contentsOf.set(uniqueId, contents);
      this.#idOf.set(contents, uniqueId);
      seen.push(contents);
    }
    assertEquals(seen.toSorted(), [...this.live.keys()].sort());
    return { mailbox, info, uniqueIds };
  }
}

Deno.test("a Maildir through any sequence of deliveries, renames, deletions and restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await using folder = await TemporaryFolder.create();
      for (const name of ["new", "cur", "tmp"]) await Deno.mkdir(join(folder.path, name));
      const world = new World(folder.path);
      for (const each of steps) {
        await world.take(each);
        await world.look();
      }
    }),
    { numRuns: 200 },
  );
});
