/**
 * Eve swaps files and folders of her Maildir for links and FIFOs in a loop, and reads and deletes meanwhile: no mail of
 * another user is shown or touched, and no session hangs.
 */
import { join } from "@std/path";
import { messageOf, pause, type Soak, type SoakPart } from "../soak.ts";
import { SoakClient } from "../soak_client.ts";
import { PASSWORD } from "../soak_mail.ts";

const MESSAGES = 12;
/** Milliseconds for which a link or FIFO stays in the place of a message. */
const HOLD_MS = [0, 0, 0, 3, 0, 0, 25];
const OWN_FOLDERS = [".pop3svc", "pop3svc"];

export const links: SoakPart = {
  name: "links",
  whyNot: () => Deno.build.os === "windows" ? "there are no FIFOs" : null,
  run: async (soak) => {
    const swapper = new Swapper(soak);
    const before = soak.mail.contents("ann");
    await Promise.all([swapper.run(), readAll(soak, swapper)]);
    swapper.release();
    if (soak.mail.contents("ann") !== before) soak.fail("links", "ann's mail is not what it was");
    if (await Deno.readTextFile(soak.mail.path("canary")) !== "canary\n") {
      soak.fail("links", "a file outside all mailboxes has changed");
    }
  },
};

class Swapper {
  readonly #soak: Soak;
  /** The links and FIFOs that replace messages. */
  readonly #impostors: string[] = [];

  constructor(soak: Soak) {
    this.#soak = soak;
    const { mail } = soak;
    Deno.writeTextFileSync(mail.path("canary"), "canary\n");
    const pool = mail.maildir("eve", "tmp", "pool");
    Deno.mkdirSync(pool);
    const [annsMessage = ""] = mail.expected("ann").keys();
    const made = [
      ...[0, 1, 2].map((at) => fifo(join(pool, `fifo${at}`))),
      link(mail.maildir("ann", "new", annsMessage), join(pool, "message")),
      link(mail.path("canary"), join(pool, "canary")),
      link(mail.maildir("ann", "new"), join(pool, "folder")),
      link("message", join(pool, "loop")),
    ];
    for (const path of made) mail.giveTo("eve", path);
    this.#impostors.push(...made);
  }

  async run(): Promise<void> {
    for (let turn = 0; !this.#soak.isOver; turn++) {
      try {
        await this.#swap(turn);
        this.#soak.count("swaps");
      } catch {
        // The server may delete, move or make files in between.
        this.#soak.count("swaps that came too late");
      }
      if (turn % 8 === 0) await pause(this.#soak, 1);
    }
  }

  async #swap(turn: number): Promise<void> {
    const { mail } = this.#soak;
    const count = mail.expected("eve").size;
    if (count < MESSAGES || (turn % 50 === 0 && count < 3 * MESSAGES)) mail.deliver("eve", 300);
    const name = anyOf([...mail.expected("eve").keys()]) ?? "";
    const kind = turn % 5;
    if (kind < 3) {
      return await this.#replace(name, anyOf(this.#impostors) ?? "", anyOf(HOLD_MS) ?? 0);
    }
    if (kind === 3) {
      const folder = turn % 2 === 0 ? "new" : "cur";
      const path = mail.maildir("eve", folder);
      const aside = mail.maildir("eve", "tmp", `aside-${folder}`);
      Deno.renameSync(path, aside);
      try {
        mail.giveTo("eve", link(mail.maildir("ann", folder), path));
        await pause(this.#soak, anyOf(HOLD_MS) ?? 0);
        Deno.removeSync(path);
      } finally {
        Deno.renameSync(aside, path);
      }
      return;
    }
    return this.#forge(OWN_FOLDERS[turn % 2] ?? "", turn);
  }

  /** Replaces a message, at once or after a while, so that the server sees either or surely the replacement. */
  async #replace(name: string, impostor: string, hold: number): Promise<void> {
    const { mail } = this.#soak;
    const path = mail.maildir("eve", "new", name);
    const aside = mail.maildir("eve", "tmp", "aside");
    if (!isThere(path)) return mail.forget("eve", name);
    Deno.renameSync(path, aside);
    try {
      Deno.renameSync(impostor, path);
      if (hold > 0) await pause(this.#soak, hold);
      Deno.renameSync(path, impostor);
    } finally {
      Deno.renameSync(aside, path);
    }
  }

  /** Forges the files that the server keeps beside mail. */
  #forge(name: string, turn: number): void {
    const { mail } = this.#soak;
    const own = mail.maildir("eve", name);
    const anns = mail.maildir("ann", "new");
    const forged: Readonly<Record<string, string>> = {
      "deleted-1": anns,
      "moving-1": anns,
      "trash": anns,
      "index": mail.path("canary"),
      "lease": mail.path("canary"),
      [`index.${turn}`]: mail.path("canary"),
    };
    if (turn % 3 === 0) {
      if (isThere(own)) Deno.removeSync(own, { recursive: true });
      return mail.giveTo("eve", link(mail.maildir("ann"), own));
    }
    if (isThere(own) && Deno.lstatSync(own).isSymlink) Deno.removeSync(own);
    Deno.mkdirSync(own, { recursive: true });
    mail.giveTo("eve", own);
    for (const [each, target] of Object.entries(forged)) {
      const path = join(own, each);
      if (!isThere(path)) mail.giveTo("eve", link(target, path));
    }
  }

  /** Wakes a server that hangs in opening a FIFO, so that one failure does not hide the others. */
  release(): void {
    const { mail } = this.#soak;
    const messages = [...Deno.readDirSync(mail.maildir("eve", "new"))]
      .map(({ name }) => mail.maildir("eve", "new", name));
    for (const path of [...this.#impostors, ...messages]) {
      if (!isThere(path) || !Deno.lstatSync(path).isFifo) continue;
      Deno.openSync(path, { read: true, write: true }).close();
    }
  }
}

async function readAll(soak: Soak, swapper: Swapper): Promise<void> {
  while (!soak.isOver) {
    try {
      await oneSession(soak);
    } catch (error) {
      if (!soak.server.hasEnded && messageOf(error).startsWith("LateError")) {
        soak.fail("links", messageOf(error));
        swapper.release();
      }
    }
    await pause(soak, 20);
  }
}

/** A session of eve: since she breaks her own mailbox, any reply is right if it comes and shows only her mail. */
async function oneSession(soak: Soak): Promise<void> {
  using client = await SoakClient.connect(soak, "198.51.100.6");
  await client.mustSay(`XLOG eve ${PASSWORD}`);
  const { isOk } = await client.say("STAT");
  const uniqueIds = isOk ? await client.uniqueIds() : [];
  for (let number = 1; number <= Math.min(uniqueIds.length, MESSAGES); number++) {
    const lines = await client.listing(`RETR ${number}`).catch((error: unknown) => {
      if (!messageOf(error).startsWith("Error: RETR")) throw error;
      soak.count("refused to eve");
      return [];
    });
    soak.count("read by eve");
    const stranger = lines.find((line) => /only for (?!eve)|^canary/.test(line));
    if (stranger !== undefined) soak.fail("links", `eve was shown "${stranger}"`);
  }
  const doomed = uniqueIds.length > MESSAGES ? uniqueIds[0] : undefined;
  if (doomed !== undefined && (await client.say("DELE 1")).isOk) {
    const quit = await client.say("QUIT");
    if (quit.isOk) soak.mail.forget("eve", doomed);
  }
  soak.count("sessions of eve");
}

function anyOf<T>(choices: readonly T[]): T | undefined {
  return choices[Math.floor(Math.random() * choices.length)];
}

function fifo(path: string): string {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  if (!success) throw new Error("mkfifo failed");
  return path;
}

function link(target: string, path: string): string {
  Deno.symlinkSync(target, path);
  return path;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
