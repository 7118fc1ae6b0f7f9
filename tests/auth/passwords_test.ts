import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { MADE_SCHEMES } from "../../lib/auth/passwords/made_schemes.ts";
import { PasswordChecker } from "../../lib/auth/passwords/password_checker.ts";
import { parsePasswordHash } from "../../lib/auth/passwords/parse_password_hash.ts";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import { Pop3ResponseError } from "../../lib/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { ManualClock } from "../manual_clock.ts";
import { CountedWorkers } from "./counted_workers.ts";
import { foreignHashes, PASSWORD } from "./foreign_hashes.ts";

Deno.test("hashes made by other programs accept their password, and no other", async (test) => {
  using checker = new PasswordChecker();
  for (const [command, text] of foreignHashes) {
    await test.step(command, async () => {
      const hash = parsePasswordHash(text, "me");
      assertEquals(await checker.check(hash, PASSWORD, "me"), true);
      // DES-crypt hashes only the first eight octets.
      const wrongs = hash.type === "des-crypt" ? [] : ["correct horsf", "correct horse "];
      for (const wrong of ["", "corrext horse", ...wrongs]) {
        assertEquals(await checker.check(hash, wrong, "me"), false, JSON.stringify(wrong));
      }
    });
  }
});

Deno.test("passwords that are not ASCII, and long ones", async () => {
  using checker = new PasswordChecker();
  // openssl passwd -6 pässwörd
  const umlauts = parsePasswordHash(
    "$6$0RkOOJMyLM4nYIxL$bBkODY9FmG9sPAMlhJEfMOWHIDe22z5Zd.4kzhHq2GYLxxabemHBiNshyONZVSRpgb1PpDa3ez.OP1lJcibR41",
  );
  assertEquals(await checker.check(umlauts, "pässwörd", "me"), true);
  const bcrypt = parsePasswordHash(await hashPassword("x".repeat(100), "bcrypt"));
  assertEquals(await checker.check(bcrypt, "x".repeat(72), "me"), true);
  assertEquals(await checker.check(bcrypt, "x".repeat(71), "me"), false);
});

Deno.test("the hashes of pop3svc hash can be read, and each has a salt of its own", async () => {
  using checker = new PasswordChecker();
  for (const scheme of MADE_SCHEMES) {
    const [one, other] = [
      await hashPassword(PASSWORD, scheme),
      await hashPassword(PASSWORD, scheme),
    ];
    assertEquals(one === other, false, scheme);
    assertEquals(await checker.check(parsePasswordHash(one), PASSWORD, "me"), true, scheme);
    assertEquals(await checker.check(parsePasswordHash(one), "wrong", "me"), false, scheme);
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

Deno.test("a locked user has no password", async () => {
  using checker = new PasswordChecker();
  const locked = [
    "",
    "!",
    "*",
    "!$6$abc$def",
    "*LK*",
    "{CRYPT}*",
    "{PLAIN}*",
    "{crypt}!$6$abc$def",
  ];
  for (const text of locked) {
    assertEquals(parsePasswordHash(text), { type: "locked" });
    assertEquals(await checker.check({ type: "locked" }, text, "me"), false);
  }
});

const unusable: readonly string[] = [
  "{PLAIN}",
  "SECRET",
  "{}SECRET",
  "{MD5}SECRET",
  "{SHA.UUE}SECRET",
  "{PLAIN.B64}SECRET!",
  "{SMD5}AAAAAAAAAAAAAAAAAAAAAA==",
  "{SSHA256}SECRET",
  "{SSHA256}U0VDUkVU",
  "{SSHA256.HEX}SECRET",
  "{SSHA512}SECRET!",
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

Deno.test("a scheme that is not known or cannot be used is named", () => {
  const reasons = [
    ["{ROT13}frperg", "its scheme ROT13 is not known"],
    ["{cram-md5}00", "its scheme CRAM-MD5 cannot be used: it serves logins by CRAM-MD5"],
    ["{OTP}sha1 1024 c857 8987", "its scheme OTP cannot be used: it changes with each login"],
    ["{PLAIN-TRUNC}6-secret", "its scheme PLAIN-TRUNC cannot be used"],
    [
      "{CRYPT}$y$j9T$abcdefgh$IUWJt2doU4Kf6E",
      "its hash is yescrypt, which the server cannot check",
    ],
    ["_J9..rasmz0.F/jqjWck", "its hash is BSDi's DES"],
    ["{SHA}c2VjcmV0", "its SHA has 6 octets, and not 20"],
    ["{SHA512-CRYPT}x", "its password is not written as its scheme SHA512-CRYPT asks"],
  ] as const;
  for (const [text, reason] of reasons) {
    const { message } = assertThrows(() => parsePasswordHash(text), SyntaxError);
    assertStringIncludes(message, reason);
  }
});

Deno.test("an unusable hash is an error, which does not quote it", () => {
  for (const text of unusable) {
    const error = assertThrows(() => parsePasswordHash(text), SyntaxError, undefined, text);
    assertEquals(error.message.includes("SECRET"), false, error.message);
  }
});

Deno.test("a right password is not hashed again for five minutes, a wrong one never", async () => {
  using workers = new CountedWorkers();
  const clock = new ManualClock();
  using checker = new PasswordChecker({}, clock);
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "bcrypt"));
  const check = async (
    password: string,
  ) => [await checker.check(hash, password, "me"), workers.questions];
  assertEquals(await check(PASSWORD), [true, 1]);
  assertEquals(await check(PASSWORD), [true, 1]);
  assertEquals(await check("wrong"), [false, 2]);
  assertEquals(await check("wrong"), [false, 2]);
  clock.advance(299_000);
  assertEquals(await check(PASSWORD), [true, 2]);
  clock.advance(1_000);
  assertEquals(await check(PASSWORD), [true, 3]);
  checker.forget();
  assertEquals(await check(PASSWORD), [true, 4]);
  clock.advance(86_400_000);
  assertEquals(await check("wrong"), [false, 4]);
  // The result is remembered only for this name and this hash.
  assertEquals([await checker.check(hash, "wrong", "you"), workers.questions], [false, 5]);
  const other = parsePasswordHash(await hashPassword("wrong", "bcrypt"));
  assertEquals([await checker.check(other, "wrong", "me"), workers.questions], [true, 6]);
});

Deno.test("beyond the limits of running and waiting hashes, a login gets [SYS/TEMP]", async () => {
  using workers = new CountedWorkers();
  using checker = new PasswordChecker({ threads: 2, waiting: 3 }, new ManualClock());
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "bcrypt"));
  const checks = Array.from(
    { length: 8 },
    (_, n) => checker.check(hash, n === 0 ? PASSWORD : `${n}`, "me"),
  );
  const settled = await Promise.allSettled(checks);
  assertEquals(workers.started, 2);
  assertEquals(settled.filter(({ status }) => status === "fulfilled").length, 5);
  const refused = settled.find((result) => result.status === "rejected");
  assertEquals(refused?.reason instanceof Pop3ResponseError && refused.reason.code, "SYS/TEMP");
  assertEquals(await checker.check(hash, PASSWORD, "me"), true);
});

Deno.test("idle threads end after a while, and are started again", async () => {
  using workers = new CountedWorkers();
  const clock = new ManualClock();
  using checker = new PasswordChecker({ threads: 1 }, clock);
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "bcrypt"));
  await checker.check(hash, "a", "me");
  assertEquals([workers.started, workers.ended], [1, 0]);
  clock.advance(30_000);
  assertEquals([workers.started, workers.ended], [1, 1]);
  assertEquals(await checker.check(hash, PASSWORD, "me"), true);
  assertEquals(workers.started, 2);
});

Deno.test("checks that are running when the checker is disposed of are rejected, and later ones, too", async () => {
  using workers = new CountedWorkers();
  const checker = new PasswordChecker({ threads: 1 });
  const hash = parsePasswordHash(await hashPassword(PASSWORD, "argon2id"));
  const checks = [checker.check(hash, "a", "me"), checker.check(hash, "b", "me")];
  while (workers.questions === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  checker[Symbol.dispose]();
  checks.push(checker.check(hash, "c", "me"));
  for (const check of checks) await assertRejects(async () => await check, Error, "stopping");
});

const SHA_512_CRYPT = "abcdefgh$".padEnd(95, "x");
const ARGON2 = "2opwdW1WwVe6FYWqbIzMgQ$wWzQn96nt4tzBs4xJNVt5JQKiPXC8dONLdJ5ZvzjX48";
const BCRYPT = "oZTzDqX6pETw.JXrWMn/auciqp6YUQmHYFgxOjl4sFAZ6kyEla/FK";
const KEYS_1 = "c2FsdA==,xcqgG0nWpIkYxnQSsXOxFsYEy6Q=,xcqgG0nWpIkYxnQSsXOxFsYEy6Q=";
const KEYS =
  "4R7fl8OH9QRXahK/GMVWwQ==,Q9BhteT95aeq92wuj3FpBu478pyuhPIglIEVsf9/LSI=,ktvV1bsKZ0cuFAVGlYSCEs7gjkFDQm9Z8Lpbwq3iNoE=";
/** The most expensive hashes that are allowed, and the next ones, which are not. */
const bounds: readonly (readonly [string, string])[] = [
  [`$2y$14$${BCRYPT}`, `$2y$15$${BCRYPT}`],
  [`{BLF-CRYPT}$2b$14$${BCRYPT}`, `{BLF-CRYPT}$2b$31$${BCRYPT}`],
  [`$6$rounds=5000000$${SHA_512_CRYPT}`, `$6$rounds=5000001$${SHA_512_CRYPT}`],
  [`$5$rounds=5000000$${SHA_512_CRYPT}`, `$5$rounds=1000000000$${SHA_512_CRYPT}`],
  ["$pbkdf2-sha256$2000000$c2FsdA$a2V5", "$pbkdf2-sha256$2000001$c2FsdA$a2V5"],
  [
    `{PBKDF2}$1$salt$2000000$${"ab".repeat(20)}`,
    `{PBKDF2}$1$salt$9007199254740991$${"ab".repeat(20)}`,
  ],
  // A key that is longer than the digest doubles the rounds.
  [
    `$pbkdf2-sha1$1000000$c2FsdA$${"A".repeat(52)}`,
    `$pbkdf2-sha1$1000000$c2FsdA$${"A".repeat(56)}`,
  ],
  [`{SCRAM-SHA-1}2000000,${KEYS_1}`, `{SCRAM-SHA-1}2000001,${KEYS_1}`],
  [`{SCRAM-SHA-256}2000000,${KEYS}`, `{SCRAM-SHA-256}2000001,${KEYS}`],
  [`$argon2id$v=19$m=1048576,t=4,p=1$${ARGON2}`, `$argon2id$v=19$m=1048577,t=1,p=1$${ARGON2}`],
  [`$argon2i$v=19$m=64,t=65536,p=8$${ARGON2}`, `$argon2i$v=19$m=64,t=65537,p=8$${ARGON2}`],
  [`$argon2id$v=19$m=64,t=1,p=8$${ARGON2}`, `$argon2id$v=19$m=64,t=1,p=999$${ARGON2}`],
  ["$scrypt$ln=20,r=8,p=16$c2FsdA$a2V5", "$scrypt$ln=21,r=8,p=1$c2FsdA$a2V5"],
  ["$scrypt$ln=4,r=8,p=16$c2FsdA$a2V5", "$scrypt$ln=4,r=8,p=17$c2FsdA$a2V5"],
  [
    `$scrypt$ln=4,r=8,p=1$c2FsdA$${"A".repeat(680)}`,
    `$scrypt$ln=4,r=8,p=1$c2FsdA$${"A".repeat(9_000)}`,
  ],
];

Deno.test("a hash that costs more than the limit is refused", () => {
  for (const [just, over] of bounds) {
    assertEquals(parsePasswordHash(just).type === "locked", false, just);
    assertThrows(() => parsePasswordHash(over), SyntaxError, undefined, over);
  }
});

Deno.test("after ten seconds a hash is stopped with its thread, and the others go on", async () => {
  using workers = new CountedWorkers();
  const clock = new ManualClock();
  using checker = new PasswordChecker({ threads: 1 }, clock);
  // The most expensive scrypt hash that is allowed: it would take a minute.
  const endless = parsePasswordHash("$scrypt$ln=20,r=8,p=16$c2FsdA$a2V5a2V5a2V5");
  const quick = parsePasswordHash(await hashPassword(PASSWORD, "bcrypt"));
  const first = checker.check(endless, PASSWORD, "me");
  const second = checker.check(quick, PASSWORD, "me");
  const refused = assertRejects(async () => await first, Pop3ResponseError);
  while (workers.questions === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(9_999);
  assertEquals([workers.started, workers.ended], [1, 0]);
  clock.advance(1);
  assertEquals((await refused).code, "SYS/TEMP");
  assertEquals(await second, true);
  assertEquals([workers.started, workers.ended], [2, 1]);
});

Deno.test("a thread checks a SCRAM verifier, too", async () => {
  using workers = new CountedWorkers();
  using checker = new PasswordChecker({ threads: 1 });
  const [, text = ""] = foreignHashes.find(([command]) => command.endsWith("SCRAM-SHA-256")) ?? [];
  assertEquals(await checker.check(parsePasswordHash(text), PASSWORD, "me"), true);
  assertEquals(workers.questions, 1);
});
