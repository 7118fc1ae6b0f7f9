/** Files of a mailbox that are not served, and why. */
import { counted } from "../protocol/counted.ts";

/** A reason why files are left out. */
export interface LeftOutReason {
  /** What such files are, and what to do. The words fit one file and many: `compressed (unpack)`. */
  readonly text: string;
  /** Whether somebody may miss mail because of it. */
  readonly isFault: boolean;
}

/** The files that are left out for one reason. */
export interface LeftOutFiles extends LeftOutReason {
  readonly count: number;
  /** One of them. */
  readonly first: string;
}

/** Counts files by reason, so that a hundred thousand of them need no memory. */
export class LeftOut {
  readonly #byText = new Map<string, { count: number; first: string; isFault: boolean }>();

  add({ text, isFault }: LeftOutReason, name: string): void {
    const found = this.#byText.get(text);
    if (found === undefined) this.#byText.set(text, { count: 1, first: name, isFault });
    else found.count++;
  }

  /** Adds what another list has left out. */
  addAll(other: LeftOut): void {
    for (const { text, count, first, isFault } of other.files()) {
      const found = this.#byText.get(text);
      if (found === undefined) this.#byText.set(text, { count, first, isFault });
      else found.count += count;
    }
  }

  files(): LeftOutFiles[] {
    return [...this.#byText].map(([text, found]) => ({ text, ...found }));
  }
}

/** `left out of /srv/mail, compressed (unpack): 1 file, such as "a.gz"`. */
export function describeLeftOut({ text, count, first }: LeftOutFiles, mailbox: string): string {
  const files = counted(count, "file");
  return `left out of ${mailbox}, ${text}: ${files}, such as ${JSON.stringify(first)}`;
}
