/** Knows the sizes of messages as sent. Each is counted once, and stored for the next start of the server. */
import { isSameFile } from "../../files/file_identity.ts";
import { TimeSlice } from "../../time/time_slice.ts";
import { ROWS_AT_ONCE } from "./former_messages.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { measureFiles, type Measurement } from "./measure_files.ts";
import type { MeasuredFile } from "./measured_file.ts";
import type { MessageLocator } from "./message_locator.ts";
import type { MessageFile, MessageTable } from "./message_table.ts";
import type { SharedSnapshot, Snapshot } from "./shared_snapshot.ts";
import type { StoredIndex } from "./stored_index.ts";

export class FileSizes {
  readonly #folder: MailboxFolder;
  readonly #shared: SharedSnapshot;
  readonly #locator: MessageLocator;
  readonly #stored: StoredIndex;
  /** Settles when the last count is done. */
  #counting: Promise<void> = Promise.resolve();

  constructor(
    folder: MailboxFolder,
    shared: SharedSnapshot,
    locator: MessageLocator,
    stored: StoredIndex,
  ) {
    this.#folder = folder;
    this.#shared = shared;
    this.#locator = locator;
    this.#stored = stored;
  }

  /** The sizes of all messages, in their order; null for a message that is gone or has changed. */
  async ofAll(snapshot: Snapshot): Promise<readonly (number | null)[]> {
    const { list } = snapshot;
    if (list.octets !== null) {
      if (this.#stored.isDue(snapshot)) await this.#stored.store(snapshot);
      return list.octets;
    }
    const { messages } = snapshot;
    const unreadable = await this.#measure(messages, () => notMeasured(messages));
    const sizes = new Array<number>(messages.size).fill(0);
    const unknown: number[] = [];
    const slice = new TimeSlice();
    for (let row = 0; row < messages.size; row++) {
      if (row % ROWS_AT_ONCE === 0) await slice.pause();
      const size = messages.octetsAt(row);
      if (Number.isNaN(size)) unknown.push(row);
      else sizes[row] = size;
    }
    if (unknown.length > 0) {
      const octets: (number | null)[] = sizes;
      for (const row of unknown) {
        octets[row] = unreadable.has(messages.uniqueIdAt(row)) ? 0 : null;
      }
      return octets;
    }
    list.learnOctets(Object.freeze(sizes));
    await this.#stored.store(snapshot);
    return sizes;
  }

  /** The sizes of some messages. A message that cannot be read is reported, and has the size 0. */
  async of(messages: readonly MessageFile[]): Promise<(number | null)[]> {
    const measured = new Map<string, number>();
    const unknown = () => messages.filter((message) => this.#knownOf(message) === null);
    const unreadable = await this.#measure(null, unknown, measured);
    return messages.map((message) =>
      this.#knownOf(message)?.octets ?? measured.get(message.uniqueId) ??
        (unreadable.has(message.uniqueId) ? 0 : null)
    );
  }

  /** Whether the message is known to be stored exactly as it is sent. */
  isClean(message: MessageFile): boolean {
    return this.#knownOf(message)?.isClean === true;
  }

  /** Learns what was counted while the message was sent. It is no mbox. */
  learn({ uniqueId, identity }: MessageFile, octets: number, isClean: boolean): void {
    this.#latest.learn(uniqueId, { identity, octets, isClean, isMbox: false });
  }

  /** Whether the file is a whole mbox, and not a message. */
  async isMbox(message: MessageFile): Promise<boolean> {
    const known = this.#knownOf(message);
    if (known !== null) return known.isMbox === true;
    let isMbox = false;
    await measureFiles(this.#folder, [message], (_, measurement) => {
      if (measurement.type !== "measured") return;
      this.#latest.learn(message.uniqueId, measurement.measured);
      isMbox = measurement.measured.isMbox === true;
    });
    return isMbox;
  }

  get #latest(): MessageTable {
    return this.#shared.latest;
  }

  #knownOf({ uniqueId, identity }: MessageFile): MeasuredFile | null {
    const latest = this.#latest;
    const row = latest.rowOf(uniqueId);
    const known = row < 0 ? null : latest.measuredAt(row);
    return known !== null && isSameFile(known.identity, identity) ? known : null;
  }

  /**
   * Counts what is not known yet, for a table and the latest one.
   *
   * @param unknown finds it; called again when earlier counts are done, so that none repeats the work of another
   * @returns the unique ids of messages that cannot be read
   */
  async #measure(
    table: MessageTable | null,
    unknown: () => Iterable<MessageFile>,
    measured: Map<string, number> = new Map(),
  ): Promise<ReadonlySet<string>> {
    const unreadable = new Set<string>();
    for (const _ of unknown()) {
      const count = () => this.#count(table, unknown(), unreadable, measured);
      await (this.#counting = this.#counting.then(count, count));
      break;
    }
    return unreadable;
  }

  async #count(
    table: MessageTable | null,
    messages: Iterable<MessageFile>,
    unreadable: Set<string>,
    sizes: Map<string, number>,
  ): Promise<void> {
    const gone: MessageFile[] = [];
    const latest = this.#latest;
    const tell = (message: MessageFile, measurement: Measurement) => {
      if (measurement.type === "measured") {
        const { measured } = measurement;
        table?.learn(message.uniqueId, measured);
        if (latest !== table) latest.learn(message.uniqueId, measured);
        if (table === null) sizes.set(message.uniqueId, measured.octets);
      } else if (measurement.type === "gone") gone.push(message);
      else {
        unreadable.add(message.uniqueId);
        const { error: cause } = measurement;
        this.#folder.report(
          new Error(`${message.path} of ${this.#folder.path} cannot be read`, { cause }),
        );
      }
    };
    await measureFiles(this.#folder, messages, tell);
    for (const message of gone.splice(0)) {
      // Another program may have moved it, or a deletion holds it for a moment. If we do not find it now, it is gone.
      const path = await this.#locator.find(message);
      if (path !== null && path !== "changed") {
        await measureFiles(this.#folder, [{ ...message, path }], tell);
      } else gone.push(message);
    }
    if (gone.length > 0) this.#shared.forget();
  }
}

/** The messages that are not measured yet. */
function* notMeasured(messages: MessageTable): Generator<MessageFile> {
  for (let row = 0; row < messages.size; row++) {
    if (Number.isNaN(messages.octetsAt(row))) yield messages.at(row);
  }
}
