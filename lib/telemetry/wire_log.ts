/**
 * What clients and server said, as transcripts that `playTranscript` replays: one for each connection, written when it
 * is over.
 *
 * - Secrets are left out: `\s` stands for the right password, and whatever proved it otherwise (AUTH, APOP, XLOG) is
 *   written as USER and PASS. A line that is no command, which may be a password gone astray, is left out whole.
 * - So are messages: BODY stands for their lines, unless they are asked for.
 * - One connection holds so much memory at most; what it says behind that is left out.
 */
import type { ConnectionInfo } from "../mailbox/connection_info.ts";
import { CR, DEL, LF, SPACE } from "../protocol/ascii.ts";
import { ByteStuffer } from "../protocol/byte_stuffing.ts";
import { type MessageBody, type Reply, statusLine, type StatusReply } from "../protocol/reply.ts";
import type { CloseReason, Pop3Event } from "./events.ts";

/** Follows the connections of a listener. */
export interface WireLog {
  /** Is told of every event. */
  observe(event: Pop3Event): void;
  /** Is shown every reply, and gives what is sent. */
  reply(connection: ConnectionInfo, reply: Reply): Reply;
}

interface Conversation {
  readonly lines: string[];
  characters: number;
  /** The command that is being answered. */
  command: { readonly verb: string; readonly argument: string } | null;
  /** Who tried to log in since, and whether it worked. */
  login: { readonly userName: string; readonly isRight: boolean } | null;
  awaitsTls: boolean;
}

const SECRET_VERBS: ReadonlySet<string> = new Set(["PASS", "XLOG", "APOP", "AUTH"]);
const BACKSLASH = 0x5c;
const MOST_CHARACTERS = 1_000_000;

export class TranscribingLog implements WireLog {
  readonly #write: (transcript: string) => void;
  readonly #showsMessages: () => boolean;
  readonly #now: () => Date;
  readonly #conversations = new Map<ConnectionInfo, Conversation>();

  /**
   * @param write is given the transcript of a connection when it is over
   * @param showsMessages are their lines written down?
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

  observe(event: Pop3Event): void {
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
        conversation.login = { userName: event.connection.userNameAtLogin ?? "", isRight: true };
        break;
      case "login-failed":
        conversation.login = { userName: event.userName, isRight: false };
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
    // Its lines can be had once.
    const kept = reply.type === "listing" ? { ...reply, lines: [...reply.lines] } : reply;
    if (command === null) {
      this.#add(conversation, `# a line that is no command, and its answer`);
    } else if (SECRET_VERBS.has(command.verb)) {
      this.#addLogin(conversation, command.verb, kept);
    } else {
      this.#add(conversation, `C: ${escaped(`${command.verb} ${command.argument}`.trimEnd())}`);
      this.#addReply(conversation, kept);
    }
    conversation.command = null;
    conversation.awaitsTls = kept.type === "start-tls";
    if (kept.type !== "message" || !this.#showsMessages()) return kept;
    return { ...kept, body: this.#shownBody(conversation, kept.body) };
  }

  /** The body, written down as it is sent. */
  #shownBody(conversation: Conversation, body: MessageBody): MessageBody {
    const stuffer = new ByteStuffer();
    let rest = "";
    const add = (octets: Uint8Array) => {
      const lines = (rest + escapedOctets(octets)).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#add(conversation, `S: ${line}`);
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
      characters: 0,
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
    if (login === null) {
      return this.#add(conversation, `# ${verb}, and its answer: ${statusLine(reply).trimEnd()}`);
    }
    if (verb !== "PASS") {
      this.#add(conversation, `# in place of ${verb}:`);
      this.#add(conversation, `C: USER ${escaped(login.userName)}`);
      this.#add(conversation, "S: +OK …");
    }
    this.#add(conversation, login.isRight ? "C: PASS \\s" : "C: PASS not-the-password");
    this.#addReply(conversation, reply);
  }

  #addReply(conversation: Conversation, reply: StatusReply): void {
    this.#add(conversation, `S: ${escaped(statusLine(reply).trimEnd())}`);
    if (reply.type === "message" && !this.#showsMessages()) this.#add(conversation, "BODY");
    if (reply.type !== "listing") return;
    for (const line of reply.lines) this.#add(conversation, `S: ${escaped(line)}`);
    this.#add(conversation, "S: .");
  }

  #end(connection: ConnectionInfo, conversation: Conversation, reason: CloseReason): void {
    this.#conversations.delete(connection);
    if (reason === "quit" || reason === "error") conversation.lines.push("CLOSED");
    conversation.lines.push(`# closed: ${reason}`, "", "");
    this.#write(conversation.lines.join("\n"));
  }

  #add(conversation: Conversation, line: string): void {
    if (conversation.characters > MOST_CHARACTERS) return;
    conversation.characters += line.length;
    conversation.lines.push(line);
    if (conversation.characters > MOST_CHARACTERS) {
      conversation.lines.push("# the rest is left out");
    }
  }
}

/** Octets as a transcript writes them, with CR and LF as they are. */
function escapedOctets(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) {
    const isPlain = (octet >= SPACE && octet < DEL) || octet === CR || octet === LF;
    if (octet === BACKSLASH) text += "\\\\";
    else if (isPlain) text += String.fromCharCode(octet);
    else text += `\\x${octet.toString(16).padStart(2, "0")}`;
  }
  return text;
}

/** Text as a transcript writes it. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replace(/…$/, "\\xe2\\x80\\xa6").replaceAll("\t", "\\t");
}
