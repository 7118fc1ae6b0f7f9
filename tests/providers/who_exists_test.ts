/** Neither SCRAM nor the time of a hash reveals who is in a users file. */
import { assert, assertEquals } from "@std/assert";
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import { guardedProvider } from "../../lib/session/guarded_provider.ts";
import { BanningGuard } from "../../lib/guard/banning_guard.ts";
import { type MailboxProvider, UsersFileProvider } from "../../lib/mod.ts";
import { scramVerifierOf } from "../../lib/auth/scram.ts";
import { StandIns } from "../../lib/providers/stand_ins.ts";
import { parseUsersFile } from "../../lib/providers/users_file.ts";
import { mechanisms } from "../../lib/auth/sasl/mechanisms.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { UsersServed, WRONG } from "./users_served.ts";

const BCRYPT = "oZTzDqX6pETw.JXrWMn/auciqp6YUQmHYFgxOjl4sFAZ6kyEla/FK";
const key = new Uint8Array(32).fill(7);
const encode = (text: string) => new TextEncoder().encode(text).toBase64();

async function verifierLine(name: string, iterations: number, saltOctets = 16): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(saltOctets));
  const { storedKey, serverKey } = await scramVerifierOf("m", salt, iterations);
  const keys = [salt, storedKey, serverKey].map((octets) => octets.toBase64()).join(",");
  return `${name}:{SCRAM-SHA-256}${iterations},${keys}`;
}

/** The salt and iterations of the SCRAM challenge for a name. */
async function challengeOf(provider: MailboxProvider, name: string) {
  const exchange = mechanisms.get("SCRAM-SHA-256")?.begin(testConnectionInfo(), provider);
  await exchange?.next(new Uint8Array());
  const said = await exchange?.next(new TextEncoder().encode(`n,,n=${name},r=abc`));
  const text = said?.done === false ? new TextDecoder().decode(said.value) : "";
  const [, salt = "", iterations = ""] = /,s=(.*),i=(.*)$/.exec(text) ?? [];
  return { salt, octets: Uint8Array.fromBase64(salt).length, iterations: Number(iterations) };
}

/** Makes providers for one users file, as a server does at each start. */
async function startedOver(
  folder: TemporaryFolder,
  lines: readonly string[],
): Promise<() => Promise<UsersFileProvider>> {
  const file = `${folder.path}/users`;
  await Deno.writeTextFile(file, `${lines.join("\n")}\n`);
  return async () => {
    const provider = new UsersFileProvider(file, { mailRoot: folder.path, scramKey: key });
    await provider.refresh();
    return provider;
  };
}

Deno.test("SCRAM challenges strangers like most of the users, and the same way after a restart", async () => {
  await using folder = await TemporaryFolder.create();
  const start = await startedOver(folder, [
    await verifierLine("one", 50_000, 12),
    await verifierLine("me", 10_000, 20),
    await verifierLine("you", 10_000, 20),
    "plain:{PLAIN}p",
    "locked:!",
  ]);
  const provider = await start();
  const stranger = await challengeOf(provider, "nobody");
  const { octets, iterations } = await challengeOf(provider, "me");
  for (const name of ["nobody", "locked", "plain", "nobody@example.org"]) {
    const challenge = await challengeOf(provider, name);
    assertEquals([challenge.octets, challenge.iterations], [octets, iterations], name);
  }
  assertEquals([octets, iterations], [20, 10_000]);
  assertEquals(await challengeOf(await start(), "nobody"), stranger);
  assert((await challengeOf(provider, "nobody2")).salt !== stranger.salt);
});

Deno.test("all spellings of a name have the same salt, for strangers as for users", async () => {
  await using folder = await TemporaryFolder.create();
  const start = await startedOver(folder, [await verifierLine("me", 4_096)]);
  const provider = await start();
  for (
    const [one, other] of [["me", "ME"], ["nobody", "NoBody"], ["j\u00e9", "je\u0301"]] as const
  ) {
    assertEquals(await challengeOf(provider, one), await challengeOf(provider, other), one);
  }
});

Deno.test("during a ban the salts are the same, but no proof is right", async () => {
  await using folder = await TemporaryFolder.create();
  const start = await startedOver(folder, [await verifierLine("me", 10_000), "plain:{PLAIN}p"]);
  const provider = await start();
  const address = "192.0.2.7";
  const bans = new StrikeBanEngine({ strikes: 1 });
  bans.registerFailedAttempt(address, null);
  const guard = new BanningGuard(() => bans, new ManualClock());
  const banned = guardedProvider(provider, guard.begin(address));
  for (const name of ["me", "plain", "nobody"]) {
    assertEquals(await challengeOf(banned, name), await challengeOf(provider, name), name);
  }
  const [secret, shown] = await Promise.all(
    [provider, banned].map((one) => one.secrets?.secretOf(testConnectionInfo(), "me")),
  );
  if (secret?.type !== "scram-sha-256" || shown?.type !== "scram-sha-256") throw new Error("none");
  assert(shown.verifier.storedKey.toHex() !== secret.verifier.storedKey.toHex());
  assert(shown.verifier.serverKey.toHex() !== secret.verifier.serverKey.toHex());
});

Deno.test("no challenge computes PBKDF2, for users and strangers", async () => {
  await using folder = await TemporaryFolder.create();
  const start = await startedOver(folder, [await verifierLine("me", 10_000), "plain:{PLAIN}p"]);
  const provider = await start();
  const original = crypto.subtle.deriveBits;
  let derived = 0;
  crypto.subtle.deriveBits = function (...args) {
    derived++;
    return original.apply(this, args);
  };
  try {
    for (const name of ["me", "plain", "nobody"]) await challengeOf(provider, name);
  } finally {
    crypto.subtle.deriveBits = original;
  }
  assertEquals(derived, 0);
});

const givenUp: readonly (readonly [string, readonly string[]])[] = [
  ["cancelled", ["*"]],
  ["not base64", ["!!"]],
  ["not a SCRAM message", [encode("SECRET")]],
  ["another nonce", [encode("c=biws,r=other,p=AAAA")]],
  ["a wrong proof", []],
];

for (const name of ["me", "nobody"]) {
  for (const [what, lines] of givenUp) {
    Deno.test(`an exchange that is abandoned after the challenge is an attempt: ${name}, ${what}`, async () => {
      await using served = await UsersServed.start([await verifierLine("me", 4_096)]);
      assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
      using client = await served.connect();
      const said = await client.command(`AUTH SCRAM-SHA-256 ${encode(`n,,n=${name},r=abc`)}`);
      const [, nonce] = /^r=([^,]*)/.exec(atob(said?.slice(2) ?? "")) ?? [];
      const sent = lines.length > 0 ? lines : [encode(`c=biws,r=${nonce},p=AAAA`)];
      for (const line of sent) assertEquals(await client.command(line), WRONG);
      const [failed, ...more] = served.pop3.all("login-failed");
      assertEquals([failed?.username, failed?.reason, more.length], [name, "wrong", 0]);
    });
  }
}

Deno.test("leaving after the challenge counts as an attempt; leaving before it does not", async () => {
  await using served = await UsersServed.start([await verifierLine("me", 4_096)]);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  for (const line of ["AUTH SCRAM-SHA-256", `AUTH SCRAM-SHA-256 ${encode("n,,n=me,r=abc")}`]) {
    using client = await served.connect();
    await client.command(line);
  }
  const { username } = await served.pop3.until("login-failed");
  assertEquals([username, served.pop3.all("login-failed").length], ["me", 1]);
});

const usual: readonly (readonly [string, readonly string[], string])[] = [
  ["most", [`$2y$10$${BCRYPT}`, `$2y$05$${BCRYPT}`, `$2b$05$${BCRYPT}`], `$2y$05$${BCRYPT}`],
  ["the cheaper of two", [`$2y$14$${BCRYPT}`, `$2y$05$${BCRYPT}`], `$2y$05$${BCRYPT}`],
  ["never a locked one", ["!", "!", `$2y$06$${BCRYPT}`], `$2y$06$${BCRYPT}`],
];

for (const [what, hashes, expected] of usual) {
  Deno.test(`a login of a stranger computes the usual hash: ${what}`, () => {
    const { users } = parseUsersFile(hashes.map((hash, n) => `u${n}:${hash}`).join("\n"));
    assertEquals(new StandIns(users.values(), key).hash, { type: "bcrypt", text: expected });
  });
}

Deno.test("looking up a stranger's name does not search all users", async () => {
  const { users } = parseUsersFile(
    Array.from({ length: 1_000 }, (_, n) => `u${n}:{PLAIN}p`).join("\n"),
  );
  await using folder = await TemporaryFolder.create();
  const start = await startedOver(folder, [...users.keys()].map((name) => `${name}:{PLAIN}p`));
  const provider = await start();
  const original = Map.prototype.values;
  let walks = 0;
  Map.prototype.values = function () {
    if (this.size >= users.size) walks++;
    return original.call(this);
  };
  try {
    for (let n = 0; n < 10; n++) {
      assertEquals(await provider.authenticate(testConnectionInfo(), `x${n}`, "p"), null);
      await challengeOf(provider, `x${n}`);
    }
  } finally {
    Map.prototype.values = original;
  }
  assertEquals(walks, 0);
});
