/**
 * Reads a body that lies in chunks, a few at a time. A connection is in use only while it is asked, so a client that reads
 * slowly holds none; and the next chunks are asked for while the last ones are sent.
 */
import { CLEAN, type MessageBody } from "../../protocol/reply.ts";
import { literal } from "../client/connection.ts";
import type { BinaryRow } from "../client/copy_out.ts";
import type { Database } from "../postgres_database.ts";

/** How large a chunk is that `deliver` makes. */
export const CHUNK_OCTETS = 65_536;
/** How many are asked for at once, after the first. Two answers may be in memory. */
const CHUNKS_AT_ONCE = 8;

export class ChunkedBody implements MessageBody {
  readonly [CLEAN]: boolean;
  readonly #database: Database;
  readonly #body: string;
  #chunks: Uint8Array[];
  /** The number of the next chunk to ask for. */
  #next = 1;
  #count: number;
  #ahead: Promise<Uint8Array[]> | null = null;

  private constructor(database: Database, body: string, first: BinaryRow) {
    const [, clean, count, octets] = first;
    this[CLEAN] = clean?.[0] === 1;
    this.#database = database;
    this.#body = body;
    this.#count = int32(count);
    this.#chunks = octets === null || octets === undefined ? [] : [octets];
  }

  /** The body of a message; null when it is gone. */
  static async open(
    database: Database,
    mailbox: string,
    uniqueId: string,
  ): Promise<ChunkedBody | null> {
    // Ids are digits that the database gave.
    const text = `select m.body, m.is_clean,
        (select count(*)::integer from pop3svc.chunk as c where c.body = m.body),
        (select c.octets from pop3svc.chunk as c where c.body = m.body and c.number = 0)
      from pop3svc.message as m where m.mailbox = ${digits(mailbox)} and m.unique_id = ${
      literal(uniqueId)
    }`;
    const [row] = await database.run("contents", (queries) => queries.copy(text));
    return row === undefined ? null : new ChunkedBody(database, int64(row[0]), row);
  }

  get isAtEnd(): boolean {
    return this.#chunks.length === 0 && this.#ahead === null && this.#next >= this.#count;
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#chunks.length === 0) {
      if (this.isAtEnd) return null;
      this.#chunks = await (this.#ahead ?? this.#ask());
      this.#ahead = null;
      if (this.#next < this.#count) this.#askAhead();
    }
    return this.#chunks.shift() ?? null;
  }

  async close(): Promise<void> {
    this.#chunks = [];
    this.#count = 0;
    await this.#ahead?.catch(() => {});
  }

  #askAhead(): void {
    this.#ahead = this.#ask();
    // The error is thrown when the chunk is asked for.
    this.#ahead.catch(() => {});
  }

  async #ask(): Promise<Uint8Array[]> {
    const from = this.#next;
    const to = Math.min(this.#count, from + CHUNKS_AT_ONCE);
    this.#next = to;
    const text = `select octets from pop3svc.chunk where body = ${
      digits(this.#body)
    } and number >= ${from} and number < ${to} order by number`;
    const rows = await this.#database.run("contents", (queries) => queries.copy(text));
    const chunks = rows.flatMap(([octets]) =>
      octets === null || octets === undefined ? [] : [octets]
    );
    // Somebody deleted it while it was read: the client must not take a part for the whole.
    if (chunks.length !== to - from) throw new Error("the message was deleted while it was read");
    return chunks;
  }
}

function digits(id: string): string {
  if (/^\d{1,19}$/.test(id)) return id;
  throw new TypeError("an id of the database is not a number");
}

function int32(octets: Uint8Array | null | undefined): number {
  return octets === null || octets === undefined ? 0 : view(octets).getInt32(0);
}

function int64(octets: Uint8Array | null | undefined): string {
  return octets === null || octets === undefined ? "0" : `${view(octets).getBigInt64(0)}`;
}

function view(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}
