/** Files of a mailbox that are not served, and why. */
import { counted } from "../protocol/counted.ts";

/** One reason for which files are left out. */
export interface LeftOutReason {
  /** What such a file is, and what to do, in words that are right for one and for many: `compressed (unpack)`. */
  readonly text: string;
  /** Whether somebody would miss mail because of it. */
  readonly isFault: boolean;
}

/** The files that are left out for one reason. */
export interface LeftOutFiles extends LeftOutReason {
  readonly count: number;
  /** One of them. */
  readonly first: string;
}

/** Counts as files are found, so that a hundred thousand of them cost no memory. */
export class LeftOut {
  readonly #byText = new Map<string, { count: number; first: string; isFault: boolean }>();

  add({ text, isFault }: LeftOutReason, name: string): void {
    const found = this.#byText.get(text);
    if (found === undefined) this.#byText.set(text, { count: 1, first: name, isFault });
    else found.count++;
  }

  /** Whether there are any by which mail would be missed. */
  get faults(): number {
    return this.files().reduce((sum, { count, isFault }) => sum + (isFault ? count : 0), 0);
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
