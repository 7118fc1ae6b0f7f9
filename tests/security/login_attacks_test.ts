/**
 * Attacks on logins, over real connections to a listener with a users file. A trusted proxy names the clients'
 * addresses, since loopback is exempt from bans.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import { StrikeBanEngine, UsersFileProvider } from "../../lib/mod.ts";
import { CountedWorkers } from "../auth/counted_workers.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { hurriedClock } from "../transcript_peers.ts";

const WELCOME = "+OK Welcome.";
const WRONG = "-ERR [AUTH] Wrong username or password.";
const encoder = new TextEncoder();
const base64 = (text: string) => encoder.encode(text).toBase64();

class Scene implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  readonly file: string;
  readonly bans = new StrikeBanEngine({ clock: hurriedClock });
  readonly pop3: ObservedListener;
  #port = 0;

  private constructor(folder: TemporaryFolder, scramKey: Uint8Array<ArrayBuffer> | null) {
    this.#folder = folder;
    this.file = join(folder.path, "users");
    this.pop3 = new ObservedListener({
      allowInsecureLogin: true,
      banEngine: this.bans,
      maxConnectionsPerIp: 1_000,
      maxConnectionRatePerIp: 1_000,
    }, hurriedClock);
    this.pop3.provider = new UsersFileProvider(this.file, {
      mailRoot: folder.path,
      hashing: { threads: 1 },
      ...(scramKey === null ? {} : { scramKey }),
      onEvent: (event) => this.pop3.onEvent(event),
    });
  }

  static async start(
    lines: readonly string[],
    scramKey: Uint8Array<ArrayBuffer> | null = null,
  ): Promise<Scene> {
    const scene = new Scene(await TemporaryFolder.create(), scramKey);
    await scene.write(lines);
    await scene.#refresh();
    const trustedProxies = ["127.0.0.1"];
    const where = { hostname: "127.0.0.1", port: 0, trustedProxies };
    scene.#port = (await scene.pop3.listenOn(where)).port;
    return scene;
  }

  /** Reads the users file, so that its secrets are known before the first login. */
  async #refresh(): Promise<void> {
    const { provider } = this.pop3;
    if (provider instanceof UsersFileProvider) await provider.refresh();
  }

  async write(lines: readonly string[]): Promise<void> {
    await Deno.writeTextFile(this.file, lines.map((line) => `${line}\n`).join(""));
  }

  async connect(address: string): Promise<LoopbackClient> {
    const client = await LoopbackClient.connect(this.#port);
    const family = address.includes(":") ? "TCP6" : "TCP4";
    const own = family === "TCP6" ? "2001:db8::1" : "192.0.2.1";
    await client.send(`PROXY ${family} ${address} ${own} 50000 110\r\n`);
    await client.readLine();
    return client;
  }

  /** The reply to a login from an address. */
  async logIn(address: string, username: string, password: string): Promise<string | null> {
    using client = await this.connect(address);
    return await client.command(`XLOG ${username} ${password}`);
  }

  /** The SCRAM challenge for a name; the exchange is abandoned after it. */
  async challenge(
    address: string,
    username: string,
  ): Promise<{ salt: string; iterations: string }> {
    using client = await this.connect(address);
    const first = base64(`n,,n=${username},r=nonce`);
    const reply = await client.command(`AUTH SCRAM-SHA-256 ${first}`) ?? "";
    assertStringIncludes(reply, "+ ");
    const text = new TextDecoder().decode(Uint8Array.fromBase64(reply.slice(2)));
    const [, salt = "", iterations = ""] = /,s=([^,]+),i=(\d+)$/.exec(text) ?? [];
    assertEquals(await client.command("*"), WRONG);
    return { salt, iterations };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pop3.stop();
    await this.pop3.provider[Symbol.asyncDispose]?.();
    await this.#folder[Symbol.asyncDispose]();
  }
}

const address = (n: number) => `198.51.100.${n}`;
const ATTACKER = "192.0.2.66";

Deno.test("during a flood of guesses from one address, 15 of 15 right logins from others succeed", async () => {
  using workers = new CountedWorkers();
  const hash = await hashPassword("right", "bcrypt");
  await using scene = await Scene.start([`me:${hash}`]);
  const flood = await Promise.all(Array.from({ length: 150 }, () => scene.connect(ATTACKER)));
  const guesses = flood.map((client, n) => client.command(`XLOG me guess${n}`));
  const others = await Promise.all(
    Array.from({ length: 15 }, (_, n) => scene.logIn(address(n), "me", "right")),
  );
  assertEquals(others, new Array(15).fill(WELCOME));
  assertEquals(await Promise.all(guesses), new Array(150).fill(WRONG));
  for (const client of flood) client.close();
  // Three guesses were hashed, and the right password at most once for each of the 15 logins.
  assertEquals(workers.questions <= 3 + 15, true, `${workers.questions} hashes`);
  const reasons = scene.pop3.all("login-failed").map(({ reason }) => reason);
  assertEquals(reasons.filter((reason) => reason === "wrong").length, 3);
});

Deno.test("a flood from this machine, which is never banned, does not keep others from logging in", async () => {
  const hash = await hashPassword("right", "bcrypt");
  await using scene = await Scene.start([`me:${hash}`]);
  const flood = await Promise.all(Array.from({ length: 100 }, () => scene.connect("127.0.0.9")));
  const guesses = flood.map((client, n) => client.command(`XLOG me guess${n}`));
  // When the first guess has its reply, the other guesses have arrived.
  await Promise.race(guesses);
  const others = await Promise.all(
    Array.from({ length: 15 }, (_, n) => scene.logIn(address(n), "me", "right")),
  );
  assertEquals(others, new Array(15).fill(WELCOME));
  // The guesses wait for their turn until the clients leave; none gets [SYS/TEMP].
  for (const client of flood) client.close();
  for (const guess of await Promise.allSettled(guesses)) {
    if (guess.status === "fulfilled" && guess.value !== null) assertEquals(guess.value, WRONG);
  }
});

Deno.test("the same wrong password fifty times at once is one hash and one strike; later it is neither", async () => {
  using workers = new CountedWorkers();
  await using scene = await Scene.start([`me:${await hashPassword("right", "bcrypt")}`]);
  const tries = await Promise.all(
    Array.from({ length: 50 }, () => scene.logIn(ATTACKER, "me", "stale")),
  );
  assertEquals(tries, new Array(50).fill(WRONG));
  assertEquals(await scene.logIn(ATTACKER, "me", "stale"), WRONG);
  assertEquals(workers.questions, 1);
  assertEquals(scene.bans.standingOf(ATTACKER).strikesLeft[0]?.strikes, 2);
});

Deno.test("a password that was wrong just now is right as soon as the users file has it", async () => {
  await using scene = await Scene.start(["me:{PLAIN}old"]);
  assertEquals(await scene.logIn(ATTACKER, "me", "new"), WRONG);
  await scene.write([`me:${await hashPassword("new", "bcrypt")}`]);
  assertEquals(await scene.logIn(ATTACKER, "me", "new"), WELCOME);
});

Deno.test("SCRAM: an unknown name gets a challenge like the users', and the same after a restart", async () => {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const { scramVerifierOf } = await import("../../lib/auth/scram.ts");
  const salt = crypto.getRandomValues(new Uint8Array(12));
  const verifier = await scramVerifierOf("secret", salt, 9_000);
  const stored = [verifier.salt, verifier.storedKey, verifier.serverKey];
  const line = `me:{SCRAM-SHA-256}9000,${stored.map((part) => part.toBase64()).join(",")}`;
  const seen: { salt: string; iterations: string }[] = [];
  for (let start = 0; start < 2; start++) {
    await using scene = await Scene.start([line], key);
    seen.push(await scene.challenge(address(1), "nobody"));
    const known = await scene.challenge(address(2), "me");
    assertEquals(known, { salt: salt.toBase64(), iterations: "9000" });
    assertEquals(seen[0]?.salt.length, known.salt.length);
    assertEquals(seen[0]?.salt === known.salt, false);
  }
  assertEquals(seen[0], seen[1]);
  assertEquals(seen[0]?.iterations, "9000");
});

Deno.test("SCRAM: an abandoned exchange is a strike and is logged; a ban changes no challenge", async () => {
  const { scramVerifierOf } = await import("../../lib/auth/scram.ts");
  const verifier = await scramVerifierOf(
    "secret",
    crypto.getRandomValues(new Uint8Array(16)),
    4_096,
  );
  const stored = [verifier.salt, verifier.storedKey, verifier.serverKey];
  const line = `me:{SCRAM-SHA-256}4096,${stored.map((part) => part.toBase64()).join(",")}`;
  await using scene = await Scene.start([line]);
  const before = await Promise.all(
    ["me", "nobody"].map((name, n) => scene.challenge(address(n), name)),
  );
  for (let n = 0; n < 3; n++) await scene.challenge(ATTACKER, "nobody");
  assertEquals(scene.bans.isBanned(ATTACKER), true);
  assertEquals(scene.pop3.all("login-failed").length, 5);
  const after = [await scene.challenge(ATTACKER, "me"), await scene.challenge(ATTACKER, "nobody")];
  assertEquals(after, before);
  assertEquals(scene.pop3.all("login-failed").at(-1)?.reason, "banned");
});

Deno.test("SCRAM: leaving after the challenge is a strike, too", async () => {
  await using scene = await Scene.start(["me:{PLAIN}secret"]);
  for (let n = 1; n <= 3; n++) {
    const client = await scene.connect(ATTACKER);
    await client.command(`AUTH SCRAM-SHA-256 ${base64("n,,n=me,r=nonce")}`);
    client.close();
    await scene.pop3.until("close", n);
  }
  assertEquals(scene.pop3.all("login-failed").length, 3);
  assertEquals(scene.bans.isBanned(ATTACKER), true);
});

Deno.test("names that differ in case are one name for strikes, bans and the login delay", async () => {
  await using scene = await Scene.start(["Joe:{PLAIN}right"]);
  assertEquals(await scene.logIn(ATTACKER, "JOE", "right"), WELCOME);
  for (const name of ["joe", "Joe", "jOE", "JOE"]) {
    assertEquals(await scene.logIn(ATTACKER, name, "wrong"), WRONG);
  }
  assertEquals(scene.bans.standingOf(ATTACKER).strikesLeft[0]?.strikes, 2);
  for (const guess of ["a", "b"]) await scene.logIn(ATTACKER, "nobody", guess);
  assertEquals(scene.bans.isBanned(ATTACKER), true);
  assertEquals(await scene.logIn(ATTACKER, "joe", "right"), WELCOME);
  scene.pop3.loginDelay = 60;
  assertEquals(await scene.logIn(address(1), "joe", "right"), WELCOME);
  assertStringIncludes(await scene.logIn(address(1), "JOE", "right") ?? "", "[LOGIN-DELAY]");
});

Deno.test("an é of two characters equals é in names and passwords, and a wrong password is one strike", async () => {
  const composed = "caf\u00e9";
  const apart = composed.normalize("NFD");
  await using scene = await Scene.start([
    `${composed}:{PLAIN}${apart}`,
    `hashed:${await hashPassword(apart, "bcrypt")}`,
    `odd:${await hashPassword(composed, "bcrypt")}`,
  ]);
  for (const name of [composed, apart]) {
    for (const password of [composed, apart]) {
      assertEquals(await scene.logIn(address(1), name, password), WELCOME);
    }
  }
  // A hash may be of the prepared password or of the one that was sent, so both are checked.
  assertEquals(await scene.logIn(address(1), "hashed", apart), WELCOME);
  assertEquals(await scene.logIn(address(1), "odd", apart), WELCOME);
  assertEquals(await scene.logIn(ATTACKER, "odd", apart.toUpperCase()), WRONG);
  assertEquals(scene.bans.standingOf(ATTACKER).strikesLeft[0]?.strikes, 2);
});

Deno.test("a users file that is empty for a moment refuses nobody, and while no user is known there are no strikes", async () => {
  await using scene = await Scene.start(["me:{PLAIN}right"]);
  assertEquals(await scene.logIn(address(1), "me", "right"), WELCOME);
  await scene.write([]);
  assertEquals(await scene.logIn(address(1), "me", "right"), WELCOME);
  await using unknown = await Scene.start([]);
  for (let n = 0; n < 5; n++) {
    assertStringIncludes(await unknown.logIn(ATTACKER, "me", "right") ?? "", "-ERR [SYS/TEMP]");
  }
  assertEquals(unknown.bans.standingOf(ATTACKER).strikesLeft[0]?.strikes, 3);
  await unknown.write(["me:{PLAIN}right"]);
  assertEquals(await unknown.logIn(ATTACKER, "me", "right"), WELCOME);
});

Deno.test("a /48 has sixteen times the guesses of a /64, whether at once or in turn", async () => {
  using workers = new CountedWorkers();
  await using scene = await Scene.start([`me:${await hashPassword("right", "bcrypt")}`]);
  const replies = await Promise.all(
    Array.from(
      { length: 120 },
      (_, n) => scene.logIn(`2001:db8:1:${n.toString(16)}::1`, "me", `guess${n}`),
    ),
  );
  assertEquals(replies, new Array(120).fill(WRONG));
  assertEquals(workers.questions, 48);
  assertEquals(scene.bans.bans().map(({ address }) => address), ["2001:db8:1:0::/48"]);
});
