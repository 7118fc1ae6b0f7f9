/** Keeps the unique ids of an mbox across restarts, in a file of their own. */
import { isReadOnlyError } from "../../files/cannot_write.ts";
import { type FileIdentity, identityOf, isSameFile } from "../../files/file_identity.ts";
import { readWhole } from "../../files/read_whole.ts";
import { writeWhole } from "../../files/write_whole.ts";
import { type KeptCopies, MboxIds } from "./mbox_ids.ts";
import type { MboxPlace } from "./mbox_place.ts";

/** Raised when an earlier version of the server must not read the file. */
const VERSION = 1;

export class MboxState {
  readonly #place: MboxPlace;
  #ids = new MboxIds();
  /** The file from which the ids were read, or to which they were written. */
  #identity: FileIdentity | null = null;

  constructor(place: MboxPlace) {
    this.#place = place;
  }

  /**
   * The ids, with what another process of this server has written since. Without a readable file, those in memory.
   */
  async ids(): Promise<MboxIds> {
    for (const folder of await this.#place.stateFolders()) {
      const path = this.#place.nameIn(folder, "ids");
      // Nobody else can write in the folder.
      using file = await this.#place.files.open(path, false);
      if (file === null) continue;
      const identity = identityOf(file.info);
      if (this.#identity !== null && isSameFile(identity, this.#identity)) break;
      const kept = parsed(new TextDecoder().decode(await readWhole(file, path)));
      if (kept !== null) this.#ids = new MboxIds(kept);
      this.#identity = identity;
      break;
    }
    return this.#ids;
  }

  /**
   * Saves what has changed; false where nothing can be written, which is no error. It is tried again by the next call, but
   * not where nothing can ever be written.
   */
  async save(): Promise<boolean> {
    const ids = this.#ids;
    if (!ids.takeChange()) return true;
    try {
      const folder = await this.#place.stateFolder();
      if (folder === null) {
        // Perhaps the disk is full; another try costs one call.
        ids.giveChangeBack();
        return false;
      }
      await this.#write(this.#place.nameIn(folder, "ids"), this.#place.nameIn(folder, "ids-new"));
      return true;
    } catch (error) {
      if (!isReadOnlyError(error)) ids.giveChangeBack();
      return false;
    }
  }

  async #write(path: string, unfinished: string): Promise<void> {
    const { files } = this.#place;
    // Its writer is gone, or writes it again.
    if (await files.look(unfinished) !== null) await files.remove(unfinished);
    const state = { version: VERSION, copies: this.#ids.kept() };
    const octets = new TextEncoder().encode(`${JSON.stringify(state)}\n`);
    await writeWhole(files, path, unfinished, (file) => file.write(octets));
    const info = await files.look(path);
    this.#identity = info === null ? null : identityOf(info);
  }
}

/** Null when the text is of another version, or damaged. */
function parsed(text: string): readonly KeptCopies[] | null {
  try {
    const state: unknown = JSON.parse(text);
    if (typeof state !== "object" || state === null) return null;
    if (!("version" in state) || state.version !== VERSION || !("copies" in state)) return null;
    const { copies } = state;
    return Array.isArray(copies) && copies.every(isKeptCopies) ? copies : null;
  } catch {
    return null;
  }
}

function isKeptCopies(value: unknown): value is KeptCopies {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [digest, next, present, doomed] = value;
  return typeof digest === "string" && /^[0-9a-f]{40}$/.test(digest) && isNumber(next) &&
    [present, doomed].every((numbers) =>
      Array.isArray(numbers) && numbers.every((number) => isNumber(number) && number < next)
    );
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}
