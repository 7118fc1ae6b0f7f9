/** Something that a check has found: how bad it is, what it concerns, and what to do about it. */
export interface Finding {
  /** `fault`: somebody cannot log in, or gets no mail or not all of it; `warning`: it works, but may be wrong. */
  readonly severity: "fault" | "warning";
  /** What it is about. */
  readonly concerns: Concern;
  /** What is wrong, in one sentence. */
  readonly text: string;
  /** What to type or to do; null where the text says it already. */
  readonly remedy: string | null;
}

/** What a finding is about. */
export type Concern =
  | { readonly type: "server" }
  | { readonly type: "certificate" }
  | { readonly type: "port"; readonly hostname: string; readonly port: number }
  | { readonly type: "file"; readonly path: string }
  | {
    readonly type: "users-file";
    readonly path: string;
    readonly line: number | null;
    /** Whose line it is, where that is known. */
    readonly username?: string | null;
  }
  | {
    readonly type: "mailbox";
    /** Null where there is no users file. */
    readonly username: string | null;
    /** Null where the user has no mailbox, or nothing says where it is. */
    readonly path: string | null;
  }
  | {
    readonly type: "message";
    /** Null where it is not known whose mailbox it is in. */
    readonly username: string | null;
    /** Its number in the list, from 1. */
    readonly number: number;
    readonly uniqueId: string;
  };

/** The text of a finding, after the name of what it concerns, without the remedy. */
export function sentenceOf({ concerns, text }: Finding): string {
  switch (concerns.type) {
    case "server":
    case "certificate":
      return text;
    case "port":
      return `${concerns.hostname} port ${concerns.port}: ${text}`;
    case "file":
      return `${concerns.path}: ${text}`;
    case "users-file":
      return concerns.line === null
        ? `${concerns.path}: ${text}`
        : `line ${concerns.line}: ${text}`;
    case "mailbox":
      // The text about a mailbox names its path already.
      return concerns.username === null
        ? text
        : `user ${JSON.stringify(concerns.username)}: ${text}`;
    case "message": {
      const { username, number, uniqueId } = concerns;
      const whose = username === null ? "" : `user ${JSON.stringify(username)}: `;
      return `${whose}message ${number} (${uniqueId}): ${text}`;
    }
  }
}
