/** Knows the sizes of messages as sent. Each is counted once, and stored for the next start of the server. */
import { type Awaitable, then } from "../../protocol/reply.ts";
import { isSameFile } from "../../files/file_identity.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { LEAST_MESSAGES, type MailboxIndex, writeIndex } from "./mailbox_index.ts";
import { type MeasuredFile, measureFiles, type Measurement } from "./measure_files.ts";
import type { MessageFile } from "./message_ids.ts";
import type { MessageLocator } from "./message_locator.ts";
import type { SharedSnapshot, Snapshot } from "./shared_snapshot.ts";

export class FileSizes {
  readonly #folder: MailboxFolder;
  readonly #shared: SharedSnapshot;
  readonly #locator: MessageLocator;
  readonly #remembered: () => Promise<MailboxIndex | null>;
  /** What is known of the messages, by unique id. */
  #known: Promise<Map<string, MeasuredFile>> | null = null;
  /** The same, once it is there. */
  #readSizes: ReadonlyMap<string, MeasuredFile> | null = null;
  /** Settles when the last count is done. */
  #counting: Promise<void> = Promise.resolve();
  /** The snapshot that the index holds. */
  #indexed: Snapshot | null = null;

  constructor(
    folder: MailboxFolder,
    shared: SharedSnapshot,
    locator: MessageLocator,
    remembered: () => Promise<MailboxIndex | null>,
  ) {
    this.#folder = folder;
    this.#shared = shared;
    this.#locator = locator;
    this.#remembered = remembered;
  }

  /** The sizes of all messages, in their order; null for a message that is gone or has changed. */
  async ofAll(snapshot: Snapshot): Promise<readonly (number | null)[]> {
    if (snapshot.list.octets !== null) return snapshot.list.octets;
    const messages = [...snapshot.messages.values()];
    const octets = await this.of(messages);
    const known = await this.#knownSizes();
    const isWhole = messages.every((message) => isKnown(known, message));
    if (!isWhole) return octets;
    const sizes = Object.freeze(octets.map((size) => size ?? 0));
    snapshot.list.learnOctets(sizes);
    await this.#remember(snapshot, messages, known);
    return sizes;
  }

  /** The sizes of some messages. A message that cannot be read is reported, and has the size 0. */
  async of(messages: readonly MessageFile[]): Promise<(number | null)[]> {
    const known = await this.#knownSizes();
    const unreadable = new Set<string>();
    if (!messages.every((message) => isKnown(known, message))) {
      // Counts run one after the other, so that none repeats the work of another.
      const count = () =>
        this.#count(messages.filter((message) => !isKnown(known, message)), known, unreadable);
      await (this.#counting = this.#counting.then(count, count));
    }
    return messages.map((message) =>
      isKnown(known, message)
        ? known.get(message.uniqueId)?.octets ?? null
        : unreadable.has(message.uniqueId)
        ? 0
        : null
    );
  }

  /** Whether the message is known to be stored exactly as it is sent. A promise only until the index is read. */
  isClean(message: MessageFile): Awaitable<boolean> {
    return then(
      this.#readSizes ?? this.#knownSizes(),
      (known) => isKnown(known, message) && known.get(message.uniqueId)?.isClean === true,
    );
  }

  /** Whether the file is a whole mbox, and not a message. */
  async isMbox(message: MessageFile): Promise<boolean> {
    const known = await this.#knownSizes();
    if (!isKnown(known, message)) {
      await measureFiles(this.#folder, [message], (_, measurement) => {
        if (measurement.type === "measured") known.set(message.uniqueId, measurement.measured);
      });
    }
    return known.get(message.uniqueId)?.isMbox === true;
  }

  async #count(
    messages: readonly MessageFile[],
    known: Map<string, MeasuredFile>,
    unreadable: Set<string>,
  ): Promise<void> {
    const gone: MessageFile[] = [];
    const tell = (message: MessageFile, measurement: Measurement) => {
      if (measurement.type === "measured") known.set(message.uniqueId, measurement.measured);
      else if (measurement.type === "gone") gone.push(message);
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
    const current = (await this.#shared.look()).messages;
    for (const uniqueId of known.keys()) {
      if (!current.has(uniqueId)) known.delete(uniqueId);
    }
  }

  /** Stores what is known of a whole mailbox, for later sessions and the next start. Ignores failures. */
  async #remember(
    snapshot: Snapshot,
    messages: readonly MessageFile[],
    known: ReadonlyMap<string, MeasuredFile>,
  ): Promise<void> {
    if (snapshot === this.#indexed) return;
    this.#indexed = snapshot;
    if (messages.length < LEAST_MESSAGES && !snapshot.hasKeptIds) return;
    const all = messages.flatMap((message) => {
      const measured = known.get(message.uniqueId);
      return measured === undefined ? [] : [{ ...message, ...measured }];
    });
    // The index does not hold other paths. Where there are some, an empty stamp lets the folders be listed again.
    const isComplete = messages.every(({ otherPaths }) => otherPaths.length === 0);
    try {
      const stateFolder = await this.#folder.stateFolder();
      await writeIndex(
        this.#folder.files,
        stateFolder,
        isComplete ? snapshot.stamp ?? "" : "",
        all,
      );
    } catch {
      // We may only read this mailbox.
    }
  }

  #knownSizes(): Promise<Map<string, MeasuredFile>> {
    const read = async () => {
      const index = await this.#remembered();
      const known = new Map(index?.messages()?.map((message) => [message.uniqueId, message]));
      this.#readSizes = known;
      return known;
    };
    return this.#known ??= read();
  }
}

function isKnown(known: ReadonlyMap<string, MeasuredFile>, { uniqueId, identity }: MessageFile) {
  const measured = known.get(uniqueId);
  return measured !== undefined && isSameFile(measured.identity, identity);
}
