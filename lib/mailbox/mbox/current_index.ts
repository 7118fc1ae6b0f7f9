/**
 * The index of an mbox, shared by all of its sessions. The file is read again only when it has changed; one that
 * another program keeps writing is tried a few times.
 */
import { identityOf, isSameFile } from "../../files/file_identity.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { MboxIds } from "./mbox_ids.ts";
import { indexMbox, type MboxIndex } from "./mbox_index.ts";
import { assertMayBeMbox, NoMboxError, plainTextError } from "./mbox_kind.ts";
import type { MboxPlace } from "./mbox_place.ts";
import type { MboxState } from "./mbox_state.ts";

/** What is not served, although its owner may miss it. */
export function leftOutOf(path: string, { found }: MboxIndex): string[] {
  if (!found.isTextBefore) return [];
  return [
    `the first ${found.before} octets of ${path} belong to no message: they are kept and not served; look at them and remove them`,
  ];
}

const MOST_ATTEMPTS = 5;

/** The index of an mbox. Callers that ask while it is made again share the result. */
export class CurrentIndex {
  readonly #place: MboxPlace;
  readonly #state: MboxState;
  readonly #report: (error: Error) => void;
  #index: MboxIndex | null = null;
  #indexing: Promise<MboxIndex> | null = null;

  constructor(place: MboxPlace, state: MboxState, report: (error: Error) => void) {
    this.#place = place;
    this.#state = state;
    this.#report = report;
  }

  /** @param prepare runs before the file is read; null for a caller that holds all locks */
  async look(prepare: (() => Promise<void>) | null = null): Promise<MboxIndex> {
    const identity = identityOf(this.#place.look().info);
    if (this.#index !== null && isSameFile(identity, this.#index.identity)) return this.#index;
    if (prepare === null) return await this.#indexAgain();
    const index = async () => {
      await prepare();
      return await this.#indexAgain();
    };
    this.#indexing ??= index().finally(() => this.#indexing = null);
    return await this.#indexing;
  }

  async #indexAgain(): Promise<MboxIndex> {
    const { files, path } = this.#place;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      using file = await files.openGiven(path);
      if (file === null) throw new Deno.errors.NotFound(`${path}: there is no such mailbox`);
      const index = await this.#indexFile(file);
      if (!isSameFile(identityOf(this.#place.look().info), index.identity)) continue;
      this.#index = index;
      for (const text of leftOutOf(path, index)) this.#report(new Error(text));
      return index;
    }
    throw new Pop3ResponseError("Another program is writing this mailbox.", { code: "IN-USE" });
  }

  async #indexFile(file: OpenFile): Promise<MboxIndex> {
    const { path } = this.#place;
    try {
      assertMayBeMbox(file, path);
      const ids = await this.#state.ids();
      const index = await indexMbox(file, ids);
      const { isMbox, isTextBefore, isFirstBare } = index.found;
      // Text before the first message stays when all messages are deleted: the file is still an mbox.
      if (!isMbox && (isTextBefore || isFirstBare) && !this.#wasMbox(ids)) {
        throw plainTextError(path);
      }
      return index;
    } catch (cause) {
      if (!(cause instanceof NoMboxError)) throw cause;
      throw new Pop3ResponseError("Your mailbox cannot be opened.", { code: "SYS/PERM", cause });
    }
  }

  #wasMbox(ids: MboxIds): boolean {
    return this.#index !== null || ids.kept().length > 0;
  }
}
