/** Mailboxes on a disk that does not answer, next to mailboxes on one that does. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { SlowMount, whyNoSlowMount } from "../slow_mount.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const MESSAGE = "Subject: here\r\n\r\nI am here.\r\n";

/** More than the calls that may wait for one disk, and more than those that Deno makes at the same time. */
const MANY = 40;

async function maildir(path: string, body = ""): Promise<string> {
  for (const name of ["new", "cur", "tmp"]) {
    await Deno.mkdir(join(path, name), { recursive: true });
  }
  await Deno.writeTextFile(join(path, "new", "1700000000.M0P1.here"), MESSAGE + body);
  return path;
}

class Place implements AsyncDisposable {
  readonly slow: SlowMount;
  readonly program: RunningProgram;
  readonly #stack: AsyncDisposableStack;

  private constructor(slow: SlowMount, program: RunningProgram, stack: AsyncDisposableStack) {
    this.slow = slow;
    this.program = program;
    this.#stack = stack;
  }

  /** A server whose user `fast` has mail on an ordinary disk, and whose users `slow` and `big` have mail on another. */
  static async make(): Promise<Place> {
    const stack = new AsyncDisposableStack();
    const folder = stack.use(await TemporaryFolder.create());
    const source = join(folder.path, "source");
    const fast = await maildir(join(folder.path, "fast"));
    await maildir(join(source, "slow"));
    await maildir(join(source, "big"), "And so on.\r\n".repeat(100_000));
    const slow = stack.use(await SlowMount.mount(source));
    const users = join(folder.path, "users");
    const line = (name: string, path: string) =>
      `${name}:{PLAIN}passw0rd::::::userdb_mail=maildir:${path}\n`;
    await Deno.writeTextFile(
      users,
      line("fast", fast) + line("slow", join(slow.path, "slow")) +
        line("big", join(slow.path, "big")),
    );
    const limits = ["--max-connections-per-ip", "200"];
    const program = stack.use(await RunningProgram.start(["--users", users, ...limits]));
    return new Place(slow, program, stack);
  }

  /** A client that has sent everything for a login. */
  async asks(user: string): Promise<LoopbackClient> {
    const client = await LoopbackClient.connect(this.program.port);
    await client.readLine();
    await client.command(`USER ${user}`);
    await client.send("PASS passw0rd\r\n");
    return client;
  }

  /** Logs in and reads the message. */
  async reads(user: string): Promise<void> {
    using client = await this.asks(user);
    assertMatch(await client.readLine() ?? "", /^\+OK/);
    assertMatch(await client.command("RETR 1") ?? "", /^\+OK/);
    assertEquals((await client.readLines()).slice(0, 3), ["Subject: here", "", "I am here."]);
    await client.command("QUIT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

function test(name: string, run: (place: Place) => Promise<void>): void {
  Deno.test({
    name,
    ignore: whyNoSlowMount !== null,
    async fn() {
      await using place = await Place.make();
      await run(place);
    },
  });
}

test("a disk that hangs holds up no mailbox on another disk, and its own are served afterwards", async (place) => {
  await place.reads("slow");
  await place.reads("big");
  await place.slow.hang();
  const waiting = new DisposableStack();
  const clients = await Promise.all(Array.from({ length: MANY }, () => place.asks("slow")));
  using _clients = waiting;
  for (const client of clients) waiting.use(client);
  await place.slow.untilAsked();
  for (let time = 0; time < 3; time++) await place.reads("fast");
  await place.slow.answer(0);
  for (const client of clients) assertMatch(await client.readLine() ?? "", /^\+OK/);
  await place.reads("slow");
});

test("two users whose disk hangs hold up no other user behind the same address", async (place) => {
  await place.reads("slow");
  await place.slow.hang();
  using slow = await place.asks("slow");
  await place.slow.untilAsked();
  using big = await place.asks("big");
  await place.reads("fast");
  await place.slow.answer(0);
  // The server gives up calls that hang for half a minute: they have not waited for that.
  for (const client of [slow, big]) assertMatch(await client.readLine() ?? "", /^\+OK/);
});

test("a disk that hangs in the middle of a message holds up no other session", async (place) => {
  using client = await place.asks("big");
  assertMatch(await client.readLine() ?? "", /^\+OK/);
  await place.slow.hang();
  await client.send("RETR 1\r\n");
  await place.slow.untilAsked();
  await place.reads("fast");
  await place.slow.answer(0);
  assertMatch(await client.readLine() ?? "", /^\+OK/);
  assertEquals((await client.readLines()).length, 100_003);
});

test("the server ends although a disk hangs", async (place) => {
  await place.slow.hang();
  using _client = await place.asks("slow");
  await place.slow.untilAsked();
  assertEquals((await place.program.end("SIGTERM")).code, 0);
});
