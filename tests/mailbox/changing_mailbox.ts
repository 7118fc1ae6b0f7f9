/** A mailbox that a test changes between logins, and what each login lists and looks at. */
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirLayout } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { aMinuteLater } from "../wall_clock.ts";

export const OLD = 1_700_000_000;

/** More than a login looks at when a folder has changed (known_names.ts). */
export const MANY = 1_200;

/** So many known files of them a login looks at. */
export const PART = MANY / 20;

/** After so many logins, all have been looked at. */
export const WHOLE_ROUND = 1 + MANY / PART;

export type Kind = "folder" | "maildir";

/** A mailbox of old messages, and a file system that counts what is listed and looked at. */
export class TestedMailbox implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  readonly #kind: Kind;
  readonly #later = aMinuteLater();
  readonly listed: string[] = [];
  looked = 0;
  /** Runs before a folder is listed, or after it. */
  before: (folder: string) => void = () => {};
  after: (folder: string) => void = () => {};
  /** Seconds that are added to the time at which a folder last changed: Deno gives it in whole seconds. */
  changed = 0;
  store: FileStore;

  private constructor(folder: TemporaryFolder, kind: Kind) {
    this.#folder = folder;
    this.#kind = kind;
    this.store = this.restart();
  }

  static async create(kind: Kind, count: number): Promise<TestedMailbox> {
    const folder = await TemporaryFolder.create();
    if (kind === "maildir") {
      for (const name of ["new", "cur", "tmp"]) Deno.mkdirSync(join(folder.path, name));
    }
    const mailbox = new TestedMailbox(folder, kind);
    for (let number = 0; number < count; number++) mailbox.write(`m${number}`, "x", OLD + number);
    mailbox.rest();
    return mailbox;
  }

  /** A store that has seen nothing yet, like that of a process which has just started. */
  restart(): FileStore {
    const files: FileSystem = {
      ...denoFileSystem,
      look: async (path) => {
        if (/[/]m\d+$/.test(path)) this.looked++;
        const info = await denoFileSystem.look(path);
        if (info?.isDirectory !== true) return info;
        return { ...info, ctime: new Date((info.ctime?.getTime() ?? 0) + 1_000 * this.changed) };
      },
      regularFiles: async (path, isKnown) => {
        const folder = path.slice(path.lastIndexOf("/") + 1);
        this.listed.push(folder);
        this.before(folder);
        const listed = await denoFileSystem.regularFiles(path, isKnown);
        this.after(folder);
        this.looked += listed.files.length;
        return listed;
      },
    };
    const layout = this.#kind === "folder" ? folderLayout : maildirLayout;
    return this.store = new FileStore(this.#folder.path, layout, { settleTime: 0 }, files);
  }

  path(name: string): string {
    return join(this.#folder.path, this.#kind === "folder" ? "" : "cur", name);
  }

  inMailbox(name: string): string {
    return join(this.#folder.path, name);
  }

  write(name: string, text: string, time: number): void {
    Deno.writeTextFileSync(this.path(name), text);
    Deno.utimeSync(this.path(name), time, time);
  }

  /** Gives the folders an old time, so that they can be trusted. */
  rest(time = OLD): void {
    for (const name of this.#kind === "folder" ? [""] : ["new", "cur"]) {
      Deno.utimeSync(join(this.#folder.path, name), time, time);
    }
  }

  /** The unique ids and sizes that a new login sees, and what it lists and looks at. */
  async login() {
    this.listed.length = 0;
    this.looked = 0;
    const info = testConnectionInfo();
    const mailbox = this.store.open(info);
    const ids = await mailbox.listMessageUniqueIds(info);
    const sizes = await mailbox.messageSizes(info, ids);
    const sizeOf = (id: string) => sizes[ids.indexOf(id)];
    return { info, mailbox, ids, sizes, sizeOf, listed: [...this.listed], looked: this.looked };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#later[Symbol.dispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Logs in until a login sees what is expected; the number of logins. */
export async function loginsUntil(
  mailbox: TestedMailbox,
  isSeen: (login: Awaited<ReturnType<TestedMailbox["login"]>>) => boolean,
): Promise<number> {
  for (let logins = 1; logins <= 25; logins++) {
    if (isSeen(await mailbox.login())) return logins;
  }
  throw new Error("no login has seen it");
}
