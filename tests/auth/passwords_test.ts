import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { MADE_SCHEMES } from "../../lib/auth/passwords/made_schemes.ts";
import { PasswordChecker } from "../../lib/auth/passwords/password_checker.ts";
import { parsePasswordHash } from "../../lib/auth/passwords/password_hash.ts";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import { Pop3ResponseError } from "../../lib/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { ManualClock } from "../manual_clock.ts";
import { CountedWorkers } from "./counted_workers.ts";
import { foreignHashes, PASSWORD } from "./foreign_hashes.ts";

Deno.test("hashes that other programs made: the password is right, others are wrong", async (test) => {
  using checker = new PasswordChecker();
  for (const [command, text] of foreignHashes) {
    await test.step(command, async () => {
      const hash = parsePasswordHash(text);
      assertEquals(await checker.check(hash, PASSWORD), true);
      for (const wrong of ["", "correct horsf", "correct horse "]) {
        assertEquals(await checker.check(hash, wrong), false, JSON.stringify(wrong));
      }
    });
  }
});

Deno.test("what is not ASCII, and what is long", async () => {
  using checker = new PasswordChecker();
  // openssl passwd -6 pässwörd
  const umlauts = parsePasswordHash(
    "$6$0RkOOJMyLM4nYIxL$bBkODY9FmG9sPAMlhJEfMOWHIDe22z5Zd.4kzhHq2GYLxxabemHBiNshyONZVSRpgb1PpDa3ez.OP1lJcibR41",
  );
  assertEquals(await checker.check(umlauts, "pässwörd"), true);
  const bcrypt = parsePasswordHash(await hashPassword("x".repeat(100), "bcrypt"));
  assertEquals(await checker.check(bcrypt, "x".repeat(72)), true);
  assertEquals(await checker.check(bcrypt, "x".repeat(71)), false);
});

Deno.test("the hashes of pop3svc hash are read again, each with a salt of its own", async () => {
  using checker = new PasswordChecker();
  for (const scheme of MADE_SCHEMES) {
    const [one, other] = [
      await hashPassword(PASSWORD, scheme),
      await hashPassword(PASSWORD, scheme),
    ];
    assertEquals(one === other, false, scheme);
    assertEquals(await checker.check(parsePasswordHash(one), PASSWORD), true, scheme);
    assertEquals(await checker.check(parsePasswordHash(one), "wrong"), false, scheme);
  }
});

for (const scheme of MADE_SCHEMES.filter((scheme) => scheme !== "scrypt")) {
  await testWith("doveadm", `doveadm takes a hash of pop3svc hash, ${scheme}`, async () => {
    const said = await run("doveadm", [
      "pw",
      "-t",
      await hashPassword(PASSWORD, scheme),
      "-p",
      PASSWORD,
    ]);
    assertStringIncludes(new TextDecoder().decode(said), "verified");
  }, ["pw", "-l"]);
}

Deno.test("locked", async () => {
  using checker = new PasswordChecker();
  for (const text of ["", "!", "*", "!$6$abc$def", "*LK*"]) {
    assertEquals(parsePasswordHash(text), { type: "locked" });
    assertEquals(await checker.check({ type: "locked" }, text), false);
  }
});

const unusable: readonly string[] = [
  "{PLAIN}",
  "SECRET",
  "{SECRET}",
  "{MD5}SECRET",
  "{SSHA256}SECRET",
  "{SSHA256}U0VDUkVU",
  "{SSHA256.HEX}SECRET",
  "{SSHA512}!SECRET!",
  "{BLF-CRYPT}SECRET",
  "$2y$05$SECRET",
  "$2y$99$oZTzDqX6pETw.JXrWMn/auciqp6YUQmHYFgxOjl4sFAZ6kyEla/FK",
  "$6$SECRET",
  "$6$rounds=x$SECRET$SECRET",
  "$argon2id$v=16$m=1,t=1,p=1$SECRET$SECRET",
  "$argon2id$v=19$SECRET",
  "$apr1$SECRET$SECRET",
  "$scrypt$ln=0,r=8,p=1$SECRETxx$SECRETxx",
  "$scrypt$ln=30,r=8,p=1$SECRETxx$SECRETxx",
  "$scrypt$SECRET",
  "{PBKDF2}$1$SECRET",
  "{PBKDF2}$1$SECRET$0$c95a6a700851a135636eb8ceb4ef007a6a944623",
  "$pbkdf2-md5$1$SECRETxx$SECRETxx",
  "$pbkdf2-sha256$1$!$SECRET",
  "{SCRAM-SHA-256}SECRET",
  "{SCRAM-SHA-256}4096,SECRETxx,SECRETxx,SECRETxx",
];

Deno.test("what cannot be used is said, and nothing of it is repeated", () => {
  for (const text of unusable) {
    const error = assertThrows(() => parsePasswordHash(text), SyntaxError, undefined, text);
    assertEquals(error.message.includes("SECRET"), false, error.message);
  }
});

Deno.test("a slow hash that was right is not done again for five minutes, one that was wrong is", async () => {
  using workers = new CountedWorkers();
  const clock = new ManualClock();
  using checker = new PasswordChecker({}, clock);
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "bcrypt"));
  const check = async (
    password: string,
  ) => [await checker.check(hash, password), workers.questions];
  assertEquals(await check(PASSWORD), [true, 1]);
  assertEquals(await check(PASSWORD), [true, 1]);
  assertEquals(await check("wrong"), [false, 2]);
  assertEquals(await check("wrong"), [false, 3]);
  clock.advance(299_000);
  assertEquals(await check(PASSWORD), [true, 3]);
  clock.advance(1_000);
  assertEquals(await check(PASSWORD), [true, 4]);
  checker.forget();
  assertEquals(await check(PASSWORD), [true, 5]);
});

Deno.test("so many hashes at once and so many that wait; more hear [SYS/TEMP]", async () => {
  using workers = new CountedWorkers();
  using checker = new PasswordChecker({ threads: 2, waiting: 3 }, new ManualClock());
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "bcrypt"));
  const checks = Array.from(
    { length: 8 },
    (_, n) => checker.check(hash, n === 0 ? PASSWORD : `${n}`),
  );
  const settled = await Promise.allSettled(checks);
  assertEquals(workers.started, 2);
  assertEquals(settled.filter(({ status }) => status === "fulfilled").length, 5);
  const refused = settled.find((result) => result.status === "rejected");
  assertEquals(refused?.reason instanceof Pop3ResponseError && refused.reason.code, "SYS/TEMP");
  assertEquals(await checker.check(hash, PASSWORD), true);
});

Deno.test("threads end when there was nothing to do for a while, and come back", async () => {
  using workers = new CountedWorkers();
  const clock = new ManualClock();
  using checker = new PasswordChecker({ threads: 1 }, clock);
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "bcrypt"));
  await checker.check(hash, "a");
  assertEquals([workers.started, workers.ended], [1, 0]);
  clock.advance(30_000);
  assertEquals([workers.started, workers.ended], [1, 1]);
  assertEquals(await checker.check(hash, PASSWORD), true);
  assertEquals(workers.started, 2);
});

Deno.test("what is asked when it ends, and behind it, is rejected", async () => {
  using workers = new CountedWorkers();
  const checker = new PasswordChecker({ threads: 1 });
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "argon2id"));
  const checks = [checker.check(hash, "a"), checker.check(hash, "b")];
  while (workers.questions === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  checker[Symbol.dispose]();
  checks.push(checker.check(hash, "c"));
  for (const check of checks) await assertRejects(() => check, Error, "stopping");
});
