/** SCRAM-SHA-256: the example of RFC 7677, and exchanges with a small client. */
import { assertEquals, assertRejects } from "@std/assert";
import { type Exchange, type Login, SaslError } from "../../lib/auth/sasl/mechanism.ts";
import { scram, scramSha256 } from "../../lib/auth/sasl/scram_sha_256.ts";
import { hmac, scramVerifierOf } from "../../lib/auth/scram.ts";
import { type MailboxProvider, MemoryMailbox, type UserSecret } from "../../lib/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const EMPTY = new Uint8Array(0);

function providerWith(secrets: Readonly<Record<string, UserSecret>>): MailboxProvider {
  return {
    name: "secrets",
    authenticate: () => null,
    secrets: {
      offers: "scram",
      secretOf: (_info, username) => secrets[username] ?? null,
      openMailbox: () => new MemoryMailbox(),
    },
  };
}

async function challenge(exchange: Exchange, response: string): Promise<string> {
  const next = await exchange.next(encoder.encode(response));
  if (next.done === true) throw new Error("The exchange is over");
  return decoder.decode(next.value);
}

async function outcome(exchange: Exchange, response: string): Promise<Login> {
  const next = await exchange.next(encoder.encode(response));
  if (next.done !== true) throw new Error("The exchange goes on");
  return next.value;
}

Deno.test("the example of RFC 7677 section 3", async () => {
  const salt = Uint8Array.fromBase64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const verifier = await scramVerifierOf("pencil", salt, 4_096);
  const provider = providerWith({ user: { type: "scram-sha-256", verifier } });
  const exchange = scram(() => "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0").begin(
    testConnectionInfo(),
    provider,
  );
  await exchange.next(EMPTY);
  assertEquals(
    await challenge(exchange, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"),
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  );
  assertEquals(
    await challenge(
      exchange,
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    ),
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  );
  const login = await outcome(exchange, "");
  assertEquals([login.username, login.mailbox !== null], ["user", true]);
});

/** Plays a client that knows a password; gives the outcome, and the salt and iterations that it was sent. */
async function logIn(provider: MailboxProvider, username: string, password: string) {
  const exchange = scramSha256.begin(testConnectionInfo(), provider);
  await exchange.next(EMPTY);
  const bare = `n=${username.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=abcdef`;
  const serverFirst = await challenge(exchange, `n,,${bare}`);
  const [, nonce = "", salt = "", iterations = ""] = /^r=(.*),s=(.*),i=(.*)$/.exec(serverFirst) ??
    [];
  const withoutProof = `c=biws,r=${nonce}`;
  const authMessage = `${bare},${serverFirst},${withoutProof}`;
  const parameters = {
    name: "PBKDF2",
    hash: "SHA-256",
    salt: Uint8Array.fromBase64(salt),
    iterations: Number(iterations),
  };
  const key = await crypto.subtle.importKey("raw", encoder.encode(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const salted = new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
  const clientKey = await hmac(salted, encoder.encode("Client Key"));
  const storedKey = new Uint8Array(await crypto.subtle.digest("SHA-256", clientKey));
  const signature = await hmac(storedKey, encoder.encode(authMessage));
  const proof = clientKey.map((octet, index) => octet ^ (signature[index] ?? 0)).toBase64();
  const next = await exchange.next(encoder.encode(`${withoutProof},p=${proof}`));
  const end = next.done === true ? next : await exchange.next(EMPTY);
  return { login: end.done === true ? end.value : null, salt, iterations };
}

Deno.test("right and wrong passwords, with a plain secret and with a verifier; odd names", async () => {
  const verifier = await scramVerifierOf(
    "secret",
    crypto.getRandomValues(new Uint8Array(9)),
    5_000,
  );
  const provider = providerWith({
    "a,b=c": { type: "plain", password: "pass word" },
    kept: { type: "scram-sha-256", verifier },
  });
  for (const [username, password] of [["a,b=c", "pass word"], ["kept", "secret"]] as const) {
    const right = await logIn(provider, username, password);
    assertEquals([right.login?.username, right.login?.mailbox !== null], [username, true]);
    assertEquals((await logIn(provider, username, "wrong")).login, {
      username,
      mailbox: null,
      secret: null,
    });
  }
});

Deno.test("an unknown user gets a challenge like a known one, with a salt that stays the same", async () => {
  const provider = providerWith({ me: { type: "plain", password: "passw0rd" } });
  const known = await logIn(provider, "me", "wrong");
  const first = await logIn(provider, "nobody", "passw0rd");
  const second = await logIn(provider, "nobody", "passw0rd");
  const another = await logIn(provider, "somebody", "passw0rd");
  assertEquals(first.login?.mailbox, null);
  assertEquals([first.salt, first.iterations], [second.salt, known.iterations]);
  assertEquals(first.salt.length, known.salt.length);
  assertEquals(new Set([known.salt, first.salt, another.salt]).size, 3);
});

const faults: readonly string[] = [
  "",
  "n,,",
  "n,,n=,r=x",
  "n,,n=me",
  "n,,n=m=e,r=x",
  "n,,m=ext,n=me,r=x",
  "n,a=you,n=me,r=x",
  "p=tls-exporter,,n=me,r=x",
];

Deno.test("a wrong first message is an error, but not an attempt", async () => {
  const provider = providerWith({ me: { type: "plain", password: "passw0rd" } });
  for (const first of faults) {
    const exchange = scramSha256.begin(testConnectionInfo(), provider);
    await exchange.next(EMPTY);
    await assertRejects(() => exchange.next(encoder.encode(first)), SaslError, undefined, first);
  }
});

const finalFaults: readonly string[] = [
  "",
  "c=biws,r=x,p=AAAA",
  "c=eSws,r=@,p=AAAA",
  "c=biws,r=@",
  "c=biws,r=@,p=!",
];

Deno.test("a wrong final message counts as an attempt: the client may have wanted only the challenge", async () => {
  const provider = providerWith({ me: { type: "plain", password: "passw0rd" } });
  for (const final of finalFaults) {
    const exchange = scramSha256.begin(testConnectionInfo(), provider);
    await exchange.next(EMPTY);
    const said = await challenge(exchange, "n,,n=me,r=x");
    const nonce = /^r=([^,]*)/.exec(said)?.[1] ?? "";
    const login = await outcome(exchange, final.replace("@", nonce));
    assertEquals(login, { username: "me", mailbox: null, secret: null }, final);
  }
});
