/** The rules that every mailbox keeps, for one of your own: `deno test -A examples/testing/mailbox_test.ts`. */
import type { Mailbox, MessageContent } from "@pop3svc/pop3svc";
import { type ConnectionInfo, testMailbox } from "@pop3svc/pop3svc/testing";

/** What is tested: messages in an array. */
class ArrayMailbox implements Mailbox {
  readonly #messages: (readonly [uniqueId: string, message: Uint8Array])[];

  constructor(messages: (readonly [string, Uint8Array])[]) {
    this.#messages = messages;
  }

  listMessageUniqueIds(): string[] {
    return this.#messages.map(([uniqueId]) => uniqueId);
  }

  mailboxIsReadOnly(): boolean {
    return false;
  }

  messageExists(_info: ConnectionInfo, uniqueId: string): boolean {
    return this.#find(uniqueId) !== undefined;
  }

  messageSize(_info: ConnectionInfo, uniqueId: string): number {
    const text = new TextDecoder("latin1").decode(this.#find(uniqueId));
    const lines = text.split(/\r\n|\r|\n/);
    const last = lines.at(-1) === "" ? lines.pop() : undefined;
    return lines.reduce((octets, line) => octets + line.length + 2, last?.length ?? 0);
  }

  messageContents(_info: ConnectionInfo, uniqueId: string): MessageContent | null {
    const message = this.#find(uniqueId);
    return message === undefined ? null : ReadableStream.from([message]);
  }

  messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): void {
    for (let at = this.#messages.length - 1; at >= 0; at--) {
      const [uniqueId] = this.#messages[at] ?? [""];
      if (uniqueIds.includes(uniqueId)) this.#messages.splice(at, 1);
    }
  }

  #find(uniqueId: string): Uint8Array | undefined {
    return this.#messages.find(([each]) => each === uniqueId)?.[1];
  }
}

testMailbox({
  name: "messages in an array",
  fill: (messages) => {
    const stored = messages.map((message, index) => [`id-${index}`, message] as const);
    return {
      open: () => new ArrayMailbox(stored),
      [Symbol.asyncDispose]: async () => {}, // a real one removes its files or tables here
    };
  },
});
