/** The same mail in Maildirs and in PostgreSQL, and the servers that are compared. */
import { join } from "@std/path";
import { addAccount, importMailbox, PostgresDatabase } from "../../../lib/postgres/mod.ts";
import { maildirMailbox } from "../../../lib/mod.ts";
import { MEMORY_FLAGS } from "../../../deploy/memory_flags.ts";
import { LocalCluster } from "../../deploy/local_cluster.ts";
import { RunningProgram } from "../../running_program.ts";
import {
  message,
  numbers,
  PASSWORD,
  SMALL_MESSAGES,
  SMALL_OCTETS,
  writeMaildir,
} from "../peers/corpus.ts";
import type { RunningPeer } from "../peers/peers.ts";

/** How much of everything. */
export interface Sizes {
  readonly rounds: number;
  /** Messages of the large mailbox. */
  readonly messages: number;
  /** Mailboxes that sleep. */
  readonly asleep: number;
  /** Octets of the large message. */
  readonly octets: number;
}

/** The user of a sleeping mailbox. */
export const sleeper = (number: number): string => `sleep${number}`;

const LIMITS = ["--max-connections", "20000", "--max-connections-per-ip", "20000"];
const QUIET = ["--log-level", "error", "--max-connection-rate-per-ip", "1000000"];

export class Bench implements AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly #root: string;

  private constructor(cluster: LocalCluster, root: string) {
    this.cluster = cluster;
    this.#root = root;
  }

  static async create(sizes: Sizes): Promise<Bench> {
    const cluster = await LocalCluster.start();
    const bench = new Bench(cluster, join(cluster.folder.path, "mail"));
    try {
      await bench.#fill(sizes);
      return bench;
    } catch (error) {
      await bench[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #fill({ messages, asleep, octets }: Sizes): Promise<void> {
    const random = numbers(20_261_126);
    const small = () => message(random, SMALL_OCTETS, "\r\n", false);
    const mailboxes: Readonly<Record<string, readonly string[]>> = {
      few: Array.from({ length: 7 }, small),
      small: Array.from({ length: SMALL_MESSAGES }, small),
      large: [message(random, octets, "\r\n", false)],
    };
    await using owner = new PostgresDatabase(await this.cluster.urlOf("owner"), {
      queryTimeout: 600,
    });
    const users = ["many", ...Array.from({ length: asleep }, (_, number) => sleeper(number))];
    for (const [user, texts] of Object.entries(mailboxes)) {
      const path = join(this.#root, user);
      await writeMaildir(path, texts);
      await addAccount(owner, user, `{PLAIN}${PASSWORD}`);
      await importMailbox(owner, user, maildirMailbox(path));
      users.push(user);
    }
    const one = message(random, 600, "\r\n", false);
    await writeMaildir(join(this.#root, "many"), Array.from({ length: messages }, () => one));
    for (let number = 0; number < asleep; number++) {
      await writeMaildir(join(this.#root, sleeper(number)), [one]);
    }
    await Deno.writeTextFile(
      join(this.#root, "users"),
      users.map((user) => `${user}:{PLAIN}${PASSWORD}\n`).join(""),
    );
    // One by one they would take minutes.
    await this.cluster.sql(`
      insert into pop3svc.account (name, password, mailbox)
        select name, '{PLAIN}${PASSWORD}', name
          from (select 'many' union all select 'sleep' || n from generate_series(0, ${
      asleep - 1
    }) as n) as names (name);
      insert into pop3svc.mailbox (name) select mailbox from pop3svc.account on conflict do nothing;
      with made as (
        insert into pop3svc.message (mailbox, body, unique_id, octets, is_clean)
          select m.id, nextval('pop3svc.body'), 'u' || n, ${one.length}, true
            from pop3svc.mailbox as m,
              generate_series(1, case m.name when 'many' then ${messages} else 1 end) as n
            where m.name = 'many' or m.name like 'sleep%' order by m.id, n
          returning body
      ) insert into pop3svc.chunk (body, number, octets)
          select body, 0, convert_to('${
      one.replaceAll("\r\n", "' || e'\\r\\n' || '")
    }', 'UTF8') from made;
      analyze;`);
  }

  /** A server of the Maildirs. */
  async folder(): Promise<RunningPeer> {
    return peerOf(
      await RunningProgram.start(
        [
          ...["--users", join(this.#root, "users"), "--mail-root", this.#root],
          ...[...LIMITS, ...QUIET],
        ],
        {},
        ["-A", MEMORY_FLAGS],
      ),
    );
  }

  /** A server of the database. */
  async database(...options: readonly string[]): Promise<RunningPeer> {
    return peerOf(
      await RunningProgram.start([...LIMITS, ...QUIET, ...options], {
        POP3SVC_POSTGRES: await this.cluster.urlOf("server"),
      }, ["-A", MEMORY_FLAGS]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
  }
}

function peerOf(program: RunningProgram): RunningPeer {
  const { pid, port } = program;
  return { pid, port, tlsPort: NaN, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
