/**
 * Records what clients and server send, as transcripts that `playTranscript` can replay: one for each connection,
 * written when the connection ends.
 *
 * - Secrets are left out: `\s` stands for the right password, and a login by AUTH, APOP or XLOG is written as USER and
 *   PASS. A line that is not a command is left out, since it may hold a password by mistake.
 * - Messages are left out, too, unless `showsMessages` says otherwise: BODY stands for their lines.
 * - Text of a peer or a mailbox is escaped: it cannot end a line, and holds nothing that a terminal obeys.
 * - The memory for one connection is limited, and so is that for all connections. Lines beyond it are left out and
 *   counted.
 */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import { ByteStuffer } from "../protocol/byte_stuffing.ts";
import { type MessageBody, type Reply, statusLine, type StatusReply } from "../protocol/reply.ts";
import type { CloseReason } from "../events/connection_events.ts";
import type { Happening } from "../events/events.ts";
import { escaped, escapedOctets } from "./transcript_text.ts";

/** Follows the connections of a listener. */
export interface WireLog {
  /** Records an event. */
  observe(event: Happening): void;
  /** Records a reply, and returns the reply to send. Its lines are recorded while they are sent. */
  reply(connection: ConnectionInfo, reply: Reply): Reply;
}

interface Conversation {
  readonly lines: string[];
  /** The memory that the lines take. */
  octets: number;
  /** Lines for which there was no room. After the first of them, all are left out. */
  leftOut: number;
  /** The command that is being answered. */
  command: { readonly verb: string; readonly argument: string } | null;
  /** The login that the command has tried; null for none. */
  login: { readonly username: string; readonly isRight: boolean } | null;
  awaitsTls: boolean;
}

const SECRET_VERBS: ReadonlySet<string> = new Set(["PASS", "XLOG", "APOP", "AUTH"]);
/** The most octets of memory for one connection. */
const MOST_OCTETS = 2_097_152;
/** The most octets of memory for all open connections. */
const MOST_OCTETS_OF_ALL = 67_108_864;
/** Octets of memory that a line takes besides its text. */
const LINE_OCTETS = 64;

export class TranscribingLog implements WireLog {
  readonly #write: (transcript: string) => void;
  readonly #showsMessages: () => boolean;
  readonly #now: () => Date;
  readonly #conversations = new Map<ConnectionInfo, Conversation>();
  #octets = 0;

  /**
   * @param write called with the transcript of a connection when it ends
   * @param showsMessages whether the lines of messages are recorded
   */
  constructor(
    write: (transcript: string) => void,
    showsMessages: () => boolean,
    now: () => Date = () => new Date(),
  ) {
    this.#write = write;
    this.#showsMessages = showsMessages;
    this.#now = now;
  }

  observe(event: Happening): void {
    if (event.type === "connect") return this.#begin(event.connection);
    if (!("connection" in event) || event.connection === null) return;
    const conversation = this.#conversations.get(event.connection);
    if (conversation === undefined) return;
    switch (event.type) {
      case "secure":
        this.#add(conversation, conversation.awaitsTls ? "TLS" : "# TLS from the start");
        conversation.awaitsTls = false;
        break;
      case "command":
        conversation.login = null;
        conversation.command = event.verb === null
          ? null
          : { verb: event.verb, argument: event.argument ?? "" };
        break;
      case "login":
        conversation.login = { username: event.connection.username ?? "", isRight: true };
        break;
      case "login-failed":
        if (event.reason === "needs-tls") break;
        conversation.login = { username: event.username, isRight: false };
        break;
      case "close":
        this.#end(event.connection, conversation, event.reason);
    }
  }

  reply(connection: ConnectionInfo, reply: Reply): Reply {
    const conversation = this.#conversations.get(connection);
    if (conversation === undefined || reply.type === "challenge") return reply;
    const { command } = conversation;
    this.#add(conversation, `# ${this.#now().toISOString().slice(11, 23)}`);
    conversation.command = null;
    conversation.awaitsTls = reply.type === "start-tls";
    if (command === null) {
      this.#add(conversation, `# a line that is no command, and its answer`);
      return reply;
    }
    if (SECRET_VERBS.has(command.verb)) {
      this.#addLogin(conversation, command.verb, reply);
      return reply;
    }
    this.#add(conversation, `C: ${escaped(`${command.verb} ${command.argument}`.trimEnd())}`);
    return this.#addReply(conversation, reply);
  }

  /** The body, recorded as it is sent. */
  #shownBody(conversation: Conversation, body: MessageBody): MessageBody {
    const stuffer = new ByteStuffer();
    let rest = "";
    const add = (octets: Uint8Array) => {
      const more = conversation.leftOut > 0 ? "" : escapedOctets(octets);
      // The rest counts as well: a line that never ends would take memory.
      if (!this.#hasRoom(conversation, more.length)) return void (rest = "");
      const lines = (rest + more).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!this.#hasRoom(conversation, 0)) return;
        conversation.lines.push(`S: ${line.replaceAll("\r", "\\r").replaceAll("\n", "\\n")}`);
      }
    };
    return {
      async nextChunk() {
        const chunk = await body.nextChunk();
        add(chunk === null ? stuffer.end() : stuffer.encode(chunk));
        return chunk;
      },
      close: () => body.close(),
    };
  }

  #begin(connection: ConnectionInfo): void {
    const conversation: Conversation = {
      lines: [],
      octets: 0,
      leftOut: 0,
      command: null,
      login: null,
      awaitsTls: false,
    };
    this.#conversations.set(connection, conversation);
    const { connectionId, clientAddress } = connection;
    this.#add(
      conversation,
      `# connection ${connectionId}, ${clientAddress}, ${this.#now().toISOString()}`,
    );
    this.#add(conversation, "CONNECT");
  }

  #addLogin(conversation: Conversation, verb: string, reply: StatusReply): void {
    const { login } = conversation;
    const answer = `and its answer: ${escaped(statusLine(reply).trimEnd())}`;
    if (login === null) return this.#add(conversation, `# ${verb}, ${answer}`);
    const name = escaped(login.username);
    // SASL can carry names that USER cannot.
    if (/\p{Cc}/u.test(login.username)) {
      return this.#add(conversation, `# ${verb} as ${name}, ${answer}`);
    }
    if (verb !== "PASS") {
      this.#add(conversation, `# in place of ${verb}:`);
      this.#add(conversation, `C: USER ${name}`);
      this.#add(conversation, "S: +OK …");
    }
    this.#add(conversation, login.isRight ? "C: PASS \\s" : "C: PASS not-the-password");
    this.#addReply(conversation, reply);
  }

  /** Records a reply, and returns the reply to send. */
  #addReply<R extends StatusReply>(conversation: Conversation, reply: R): R {
    this.#add(conversation, `S: ${escaped(statusLine(reply).trimEnd())}`);
    if (reply.type === "listing") {
      return { ...reply, lines: this.#shownLines(conversation, reply.lines) };
    }
    if (reply.type !== "message") return reply;
    if (this.#showsMessages()) {
      return { ...reply, body: this.#shownBody(conversation, reply.body) };
    }
    this.#add(conversation, "BODY");
    return reply;
  }

  *#shownLines(conversation: Conversation, lines: Iterable<string>): Generator<string> {
    for (const line of lines) {
      this.#add(conversation, `S: ${escaped(line)}`);
      yield line;
    }
    this.#add(conversation, "S: .");
  }

  #end(connection: ConnectionInfo, conversation: Conversation, reason: CloseReason): void {
    this.#conversations.delete(connection);
    this.#octets -= conversation.octets;
    const { lines, leftOut } = conversation;
    if (leftOut > 0) lines.push(`# no room: at least ${leftOut} lines are left out here`);
    else if (reason === "quit" || reason === "error") lines.push("CLOSED");
    lines.push(`# closed: ${reason}`, "", "");
    this.#write(lines.join("\n"));
  }

  #add(conversation: Conversation, line: string): void {
    if (this.#hasRoom(conversation, line.length)) conversation.lines.push(line);
  }

  /** Reserves the memory for a line; false where there is none. */
  #hasRoom(conversation: Conversation, characters: number): boolean {
    const octets = LINE_OCTETS + 2 * characters;
    const isFull = conversation.leftOut > 0 || conversation.octets + octets > MOST_OCTETS ||
      this.#octets + octets > MOST_OCTETS_OF_ALL;
    if (isFull) {
      conversation.leftOut++;
      return false;
    }
    conversation.octets += octets;
    this.#octets += octets;
    return true;
  }
}
