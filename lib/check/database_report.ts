/** What the check of a database has found; the program makes it, since the code for databases is loaded by it alone. */
import type { Finding } from "./finding.ts";

export interface DatabaseReport {
  readonly type: "database";
  /** What it is, without any secret. */
  readonly place: string;
  /** Null where they cannot be listed. */
  readonly users: number | null;
  /** Those that no password lets in. */
  readonly locked: number | null;
  readonly findings: readonly Finding[];
}
