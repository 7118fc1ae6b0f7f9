/** Lists of mailboxes that sessions share: a login to a mailbox that did not change asks for none. */
import { MessageList } from "../../provider/message_list.ts";

/** How many messages the remembered lists may have together. */
const MOST_MESSAGES = 200_000;

/** What a mailbox holds at one version of it. */
export interface VersionedList {
  readonly version: string;
  readonly list: MessageList;
}

export class Lists {
  /** By the id of the mailbox, the one that was read longest ago first. */
  readonly #lists = new Map<string, VersionedList>();
  #messages = 0;

  get(mailbox: string): VersionedList | null {
    return this.#lists.get(mailbox) ?? null;
  }

  set(mailbox: string, versioned: VersionedList): void {
    this.#forget(mailbox);
    this.#lists.set(mailbox, versioned);
    this.#messages += 1 + versioned.list.count;
    for (const oldest of this.#lists.keys()) {
      if (this.#messages <= MOST_MESSAGES) return;
      this.#forget(oldest);
    }
  }

  #forget(mailbox: string): void {
    const known = this.#lists.get(mailbox);
    if (known === undefined) return;
    this.#lists.delete(mailbox);
    this.#messages -= 1 + known.list.count;
  }
}

/** @param text unique ids and sizes, with spaces between; null for none */
export function parseList(text: string | null): MessageList {
  const uniqueIds: string[] = [];
  const octets: number[] = [];
  for (let at = 0; text !== null && at < text.length;) {
    const space = text.indexOf(" ", at);
    let end = text.indexOf(" ", space + 1);
    if (end < 0) end = text.length;
    uniqueIds.push(text.slice(at, space));
    octets.push(Number(text.slice(space + 1, end)));
    at = end + 1;
  }
  return new MessageList(Object.freeze(uniqueIds), Object.freeze(octets));
}
