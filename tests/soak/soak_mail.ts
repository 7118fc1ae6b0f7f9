/** The mailboxes of a soak, and the messages that each user must have, octet for octet. */
import { lchownSync } from "node:fs";
import { join } from "@std/path";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import { certificate } from "../test_authority.ts";

/** The password of all users. */
export const PASSWORD = "soak";

/** The users with their uids, which own the mail when the soak runs as root. */
const USERS = { joe: 20_001, ann: 20_002, eve: 20_003, full: 20_004 } as const;
export type SoakUser = keyof typeof USERS;

export class SoakMail {
  readonly folder: string;
  /** The lines of the messages that are not deleted, as a client must get them, by user and unique-id. */
  readonly #expected = new Map<SoakUser, Map<string, readonly string[]>>();
  #delivered = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(folder: string): Promise<SoakMail> {
    await Deno.chmod(folder, 0o755);
    const mail = new SoakMail(folder);
    const hash = await hashPassword(PASSWORD, "argon2id");
    const lines = Object.keys(USERS).map((user) => `${user}:${hash}\n`);
    await Deno.writeTextFile(mail.path("users"), lines.join(""), { mode: 0o600 });
    await Deno.writeTextFile(mail.path("cert.pem"), certificate.cert);
    await Deno.writeTextFile(mail.path("key.pem"), certificate.key, { mode: 0o600 });
    await Deno.mkdir(mail.path("state"), { mode: 0o700 });
    await Deno.mkdir(mail.path("mail"));
    for (const user of ["joe", "ann", "eve", "full"] as const) mail.makeMaildir(user);
    return mail;
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  maildir(user: SoakUser, ...names: readonly string[]): string {
    return this.path("mail", user, ...names);
  }

  makeMaildir(user: SoakUser): void {
    this.#expected.set(user, new Map());
    for (const name of [".", "new", "cur", "tmp"]) {
      Deno.mkdirSync(this.maildir(user, name), { recursive: true, mode: 0o700 });
      this.giveTo(user, this.maildir(user, name));
    }
  }

  /** Gives a path to a user, if root; of a link the link itself, not its target. */
  giveTo(user: SoakUser, path: string): void {
    if (Deno.uid() === 0) lchownSync(path, USERS[user], USERS[user]);
  }

  /** Delivers a message as mailers do: writes it in `tmp`, renames it into `new`. */
  deliver(user: SoakUser, octets?: number): string {
    const name = `${1_700_000_000 + this.#delivered}.M${this.#delivered}P1.soak`;
    const lines = linesOf(user, this.#delivered++, octets);
    // Mailers write LF; every other file has CRLF.
    const text = lines.map((line) => line + (this.#delivered % 2 === 0 ? "\n" : "\r\n")).join("");
    const temporary = this.maildir(user, "tmp", name);
    Deno.writeFileSync(temporary, latin1(text), { mode: 0o600, createNew: true });
    this.giveTo(user, temporary);
    Deno.renameSync(temporary, this.maildir(user, "new", name));
    this.#expected.get(user)?.set(name, lines);
    return name;
  }

  expected(user: SoakUser): ReadonlyMap<string, readonly string[]> {
    return this.#expected.get(user) ?? new Map();
  }

  /** Notes that the user has deleted a message, which must not be listed again. */
  forget(user: SoakUser, uniqueId: string): void {
    this.#expected.get(user)?.delete(uniqueId);
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** The names and contents of a user's Maildir as one text, to compare later. */
  contents(user: SoakUser): string {
    return ["new", "cur", "tmp"].flatMap((folder) =>
      [...Deno.readDirSync(this.maildir(user, folder))].map(({ name }) => {
        const octets = Deno.readFileSync(this.maildir(user, folder, name));
        return `${name.replace(/:2,.*/, "")} ${octets.toBase64()}`;
      })
    ).sort().join("\n");
  }
}

/** Lines as a client gets them, one character for each octet: some empty, with 8 bits, or with dots at the start. */
function linesOf(user: SoakUser, number: number, octets = 200 + (number * 7919) % 9_000): string[] {
  const lines = [`Subject: ${number}`, `To: ${user}`, "", `only for ${user}`];
  let length = 40;
  for (let at = number; length < octets; at++) {
    const line = ["", ".", "..", ". dot", "x".repeat(70), "caf\xe9 \xff", `line ${at}`][at % 7] ??
      "";
    lines.push(line);
    length += line.length + 1;
  }
  return lines;
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = text.charCodeAt(at);
  return octets;
}
