/**
 * Runs `COPY … TO STDOUT (FORMAT binary)` and collects its rows. Octets come as they are, where rows of text have them
 * as twice as many hexadecimal digits: a tenth of the CPU.
 */
import type { PgConnection, Submittable } from "./pg_types.d.ts";

/** The fields of a row: octets, null for NULL. They do not change any more. */
export type BinaryRow = readonly (Uint8Array | null)[];

const SIGNATURE_OCTETS = 11;

export class CopyOut implements Submittable {
  readonly #text: string;
  readonly #rows: BinaryRow[] = [];
  readonly #done = Promise.withResolvers<readonly BinaryRow[]>();
  readonly #listener = ({ chunk }: { readonly chunk: Uint8Array }) => this.#take(chunk);
  #connection: PgConnection | null = null;
  #isFirst = true;
  #failure: unknown = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** All rows, once the server is ready for the next query. */
  get rows(): Promise<readonly BinaryRow[]> {
    return this.#done.promise;
  }

  submit(connection: PgConnection): void {
    this.#connection = connection;
    connection.on("copyData", this.#listener);
    connection.query(this.#text);
  }

  handleReadyForQuery(): void {
    this.#end();
    if (this.#failure === null) this.#done.resolve(this.#rows);
    else this.#done.reject(this.#failure);
  }

  /** Called for an error of the server, after which it is ready again, and for a connection that is gone. */
  handleError(error: Error): void {
    this.#end();
    this.#done.reject(error);
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}

  #end(): void {
    this.#connection?.off("copyData", this.#listener);
    this.#connection = null;
  }

  #take(message: Uint8Array): void {
    try {
      const row = this.#isFirst ? message.subarray(headerOctets(message)) : message;
      this.#isFirst = false;
      if (row.length > 0) this.#parse(row);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** The client uses its buffer again for the next message, so the octets are copied here. */
  #parse(row: Uint8Array): void {
    const view = new DataView(row.buffer, row.byteOffset, row.length);
    const count = view.getInt16(0);
    if (count < 0) return;
    const fields: (Uint8Array | null)[] = [];
    let at = 2;
    for (let field = 0; field < count; field++) {
      const length = view.getInt32(at);
      at += 4;
      fields.push(length < 0 ? null : new Uint8Array(row.subarray(at, at + length)));
      at += Math.max(0, length);
    }
    this.#rows.push(fields);
  }
}

/** The header is in the message of the first row. */
function headerOctets(message: Uint8Array): number {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  return SIGNATURE_OCTETS + 4 + 4 + view.getInt32(SIGNATURE_OCTETS + 4);
}
