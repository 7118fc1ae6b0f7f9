/** One passwd-file with every scheme and field of Dovecot: each line works, or says why it does not. */
import { createHash } from "node:crypto";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { run, testWith } from "../installed_program.ts";
import { UsersServed, WRONG } from "./users_served.ts";

const PASSWORD = "pässw0rd: x";

/** Schemes that doveadm makes, and the server cannot use. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["CRAM-MD5", "it serves logins by CRAM-MD5"],
  ["HMAC-MD5", "it serves logins by CRAM-MD5"],
  ["OTP", "it changes with each login"],
  ["PLAIN-TRUNC", "only the beginning is right"],
]);

async function doveadm(...args: readonly string[]): Promise<string> {
  return new TextDecoder().decode(await run("doveadm", ["pw", ...args])).trim();
}

await testWith("doveadm", "every scheme that doveadm makes logs in, or says why not", async () => {
  const schemes = (await doveadm("-l")).split(/\s+/);
  const encoded = ["SHA256.b64", "SSHA.hex", "PLAIN.b64", "SHA512-CRYPT.hex"];
  const users: { readonly name: string; readonly scheme: string; readonly hash: string }[] = [];
  for (const scheme of [...schemes, ...encoded]) {
    const name = `${scheme.toLowerCase()}@example.org`;
    // A colon ends the field, so a plain password cannot have one.
    const password = isPlain(scheme) ? "plain" : PASSWORD;
    const hash = await doveadm("-s", scheme, "-p", password, "-u", name);
    users.push({ name, scheme, hash });
  }
  await using served = await UsersServed.start(users.map(({ name, hash }) => `${name}:${hash}`));
  await served.logIn("nobody", "x");
  for (const { name, scheme } of users) {
    const password = isPlain(scheme) ? "plain" : PASSWORD;
    const reply = await served.logIn(name, password);
    const reason = REFUSED.get(scheme);
    if (reason === undefined) {
      assertEquals(reply, "+OK Welcome.", scheme);
      assertEquals(await served.logIn(name, `x${password}`), WRONG, scheme);
    } else {
      assertEquals(reply, WRONG, scheme);
      const complaint = served.complaints().find((text) => text.includes(JSON.stringify(name)));
      assertStringIncludes(complaint ?? "", `its scheme ${scheme} cannot be used: `);
      assertStringIncludes(complaint ?? "", reason);
    }
  }
  assertEquals(served.complaints().length, REFUSED.size);
}, ["pw", "-l"]);

function isPlain(scheme: string): boolean {
  return ["PLAIN", "CLEAR", "CLEARTEXT"].includes(scheme);
}

/** Extra fields, and what becomes of their line: works, is refused like a wrong password, or is bad with these words. */
const fields: readonly (readonly [string, "works" | "refused" | RegExp])[] = [
  ["allow_nets=127.0.0.0/8,2001:db8::/32", "works"],
  ["allow_nets=192.0.2.0/24,127.0.0.1", "works"],
  ["allow_nets=192.0.2.0/24", "refused"],
  ["allow_nets=local", "refused"],
  ["allow_nets=everywhere", /its allow_nets is no list of networks/],
  ["nologin", "refused"],
  ["nologin=y reason=gone proxy", "refused"],
  ["fail=yes", "refused"],
  ["userdb_uid=0 userdb_gid=0 userdb_home=/nowhere/%u/%n", "works"],
  ["userdb_home=%h/x", /its userdb_home/],
  ["userdb_quota_rule=*:storage=1G", "works"],
  ["userdb_sieve=~/.sieve nodelay event_x=y forward_x=y k5principals=x", "works"],
  ["userdb_mail=maildir:/nowhere/%u", "works"],
  ["userdb_mail=mdbox:~/mdbox", /its userdb_mail is of the kind mdbox/],
  ["userdb_mail=maildir:~/Maildir", /it has no home for the %h of its userdb_mail/],
  ["userdb_mail_path=/x", /its field userdb_mail_path cannot be obeyed: write userdb_mail/],
  ["userdb_pop3_uidl_format=%08Xu%08Xv", /its field userdb_pop3_uidl_format cannot be obeyed/],
  ["userdb_user=ann", /its field userdb_user cannot be obeyed/],
  ["userdb_chroot=/x", /its field userdb_chroot cannot be obeyed/],
  ["user=ann", /its field user cannot be obeyed/],
  ["nopassword", /its field nopassword cannot be obeyed: nobody gets in without a password/],
  ["nopassword=y", /its field nopassword cannot be obeyed/],
  ["proxy host=192.0.2.7", /its field proxy cannot be obeyed: the server hands no login/],
  ["host=192.0.2.7", /its field host cannot be obeyed/],
  ["reason=gone", /its field reason cannot be obeyed/],
  ["allow_real_nets=192.0.2.0/24", /its field allow_real_nets cannot be obeyed/],
  ["delay_until=SECRET", /does not know its field delay_until and cannot obey it/],
  ["SECRET", /a field without = that the server does not know/],
];

Deno.test("every extra field of Dovecot does what it says, changes nothing, or is a bad line that says why", async () => {
  await using served = await UsersServed.start(
    fields.map(([field], index) => `user${index}:{PLAIN}p::::::${field}`),
  );
  for (const [index, [field, outcome]] of fields.entries()) {
    const reply = await served.logIn(`user${index}`, "p");
    assertEquals(reply, outcome === "works" ? "+OK Welcome." : WRONG, field);
    const complaint = served.complaints().find((text) => text.includes(`line ${index + 1}:`));
    const isAsExpected = outcome instanceof RegExp
      ? complaint !== undefined && outcome.test(complaint)
      : complaint === undefined;
    assertEquals(isAsExpected, true, `${field}: ${complaint}`);
    assertEquals(complaint?.includes("SECRET") ?? false, false);
  }
});

Deno.test("allow_nets holds for APOP, too, which asks for the secret", async () => {
  await using served = await UsersServed.start([
    "here:{PLAIN}p::::::allow_nets=127.0.0.1",
    "away:{PLAIN}p::::::allow_nets=192.0.2.7",
  ]);
  for (const [user, reply] of [["here", "+OK Welcome."], ["away", WRONG]] as const) {
    await served.logIn("warm-up", "x");
    const { client, greeting } = await served.greeted();
    using _client = client;
    const stamp = /<.*>/.exec(greeting)?.[0] ?? "";
    const digest = createHash("md5").update(`${stamp}p`).digest("hex");
    assertEquals(await client.command(`APOP ${user} ${digest}`), reply);
  }
});
