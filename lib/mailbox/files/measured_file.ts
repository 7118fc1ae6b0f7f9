import type { FileIdentity } from "../../files/file_identity.ts";

/** What was measured of one file. */
export interface MeasuredFile {
  readonly identity: FileIdentity;
  /** Size of the message as sent. */
  readonly octets: number;
  /** Whether the server sends its octets as they are: it changes no line end, and byte-stuffs no line. */
  readonly isClean: boolean;
  /** Whether it is a whole mbox, and not a message; the index does not hold this. */
  readonly isMbox?: boolean;
}
