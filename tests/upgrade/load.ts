/** Clients that make one session after another without a pause: each logs in, marks its first message, and says QUIT. */
const encoder = new TextEncoder();

/** What became of the sessions. */
export interface Outcome {
  /** Sessions that ended with the reply to QUIT. */
  finished: number;
  /** Messages that a reply to QUIT has called deleted. */
  deleted: number;
  /** Connections that were refused, and those that were reset before a greeting. */
  refused: number;
  reset: number;
  /** Sessions that were cut off after their greeting. */
  cut: number;
}

export class Load {
  readonly outcome: Outcome = { finished: 0, deleted: 0, refused: 0, reset: 0, cut: 0 };
  readonly #port: number;
  readonly #done: Promise<unknown>;
  #isOver = false;
  #waiting: { readonly count: number; readonly wake: () => void }[] = [];

  /** @param usernames of whom each has one client; the password is `x` */
  constructor(port: number, usernames: readonly string[]) {
    this.#port = port;
    this.#done = Promise.all(usernames.map((username) => this.#client(username)));
  }

  /** Waits for so many more sessions that have finished. */
  async more(sessions: number): Promise<void> {
    const count = this.outcome.finished + sessions;
    await new Promise<void>((wake) => this.#waiting.push({ count, wake }));
  }

  /** Begins no more sessions, and waits for the last ones. */
  async end(): Promise<Outcome> {
    this.#isOver = true;
    await this.#done;
    return this.outcome;
  }

  async #client(username: string): Promise<void> {
    while (!this.#isOver) {
      await this.#session(username);
      const ready = this.#waiting.filter(({ count }) => count <= this.outcome.finished);
      this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
      for (const { wake } of ready) wake();
    }
  }

  async #session(username: string): Promise<void> {
    let connection: Deno.TcpConn;
    try {
      connection = await Deno.connect({ port: this.#port });
    } catch {
      this.outcome.refused++;
      return;
    }
    using _connection = connection;
    const lines = linesOf(connection);
    let isGreeted = false;
    try {
      await next(lines);
      isGreeted = true;
      const say = async (command: string) => {
        await connection.write(encoder.encode(`${command}\r\n`));
        return await next(lines);
      };
      for (const command of [`USER ${username}`, "PASS x", "STAT", "DELE 1"]) await say(command);
      const goodbye = await say("QUIT");
      this.outcome.finished++;
      if (goodbye.startsWith("+OK 1 message deleted")) this.outcome.deleted++;
    } catch {
      this.outcome[isGreeted ? "cut" : "reset"]++;
    }
  }
}

async function next(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error("The connection has ended");
  return value;
}

async function* linesOf(connection: Deno.TcpConn): AsyncGenerator<string, void> {
  const [decoder, buffer] = [new TextDecoder(), new Uint8Array(4_096)];
  for (let text = "";;) {
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
    const count = await connection.read(buffer);
    if (count === null) return;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}
