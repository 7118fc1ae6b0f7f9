/** Users and messages in memory, over a real session. */
import { assertEquals, assertThrows } from "@std/assert";
import { MemoryProvider, Pop3Listener } from "../../lib/mod.ts";
import { Pop3Client, testConnectionInfo } from "../../lib/testing/mod.ts";

const users = {
  ann: { password: "annes", messages: ["Subject: 1\n\nHi", "Subject: 2\n\n"] },
  Bob: { password: "bobs" },
  nobody: { password: "" },
};

Deno.test("each user gets their own messages; users and mail come later, too", async () => {
  const provider = new MemoryProvider(users);
  await using pop3 = new Pop3Listener({ provider });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  const listingOf = async (username: string, password: string) => {
    using client = await Pop3Client.connect({ port });
    await client.logIn(username, password);
    return await client.listing("LIST");
  };
  assertEquals(await listingOf("ann", "annes"), ["1 18", "2 14"]);
  assertEquals(await listingOf("BOB", "bobs"), []);
  assertEquals(provider.mailboxOf("bob")?.add("x"), "1");
  provider.addUser("cyd", { password: "cyds", messages: new Map([["a", "1234"]]) });
  assertEquals([await listingOf("bob", "bobs"), await listingOf("cyd", "cyds")], [["1 3"], [
    "1 6",
  ]]);
  assertEquals(provider.mailboxOf("dan"), null);
});

Deno.test("wrong passwords, unknown names and empty passwords are refused", async () => {
  const provider = new MemoryProvider(users);
  const info = testConnectionInfo();
  for (
    const [name, password] of [["ann", "bobs"], ["ann", ""], ["nobody", ""], ["eve", "x"], [
      "eve",
      "",
    ]]
  ) {
    assertEquals(await provider.authenticate(info, name ?? "", password ?? ""), null);
  }
  assertEquals(await provider.secrets.secretOf(info, "nobody"), null);
  assertEquals(await provider.secrets.secretOf(info, "eve"), null);
});

Deno.test("APOP and SCRAM get the password, and the same mailbox", async () => {
  const provider = new MemoryProvider(users);
  const info = testConnectionInfo();
  assertEquals(await provider.secrets.secretOf(info, "Ann"), { type: "plain", password: "annes" });
  assertEquals(await provider.secrets.openMailbox(info, "ANN"), provider.mailboxOf("ann"));
});

Deno.test("names are compared as other providers do", async () => {
  const info = testConnectionInfo();
  const lower = new MemoryProvider({ "Jörg": { password: "x" } });
  assertEquals(await lower.authenticate(info, "JO\u0308RG", "x"), lower.mailboxOf("jörg"));
  assertEquals(await lower.canonicalUsername("JO\u0308RG"), "jörg");
  const keep = new MemoryProvider(users, { usernameCase: "keep" });
  assertEquals(await keep.authenticate(info, "bob", "bobs"), null);
  assertEquals(keep.mailboxOf("bob"), null);
  keep.addUser("bob", { password: "x" });
});

Deno.test("what is given is checked", () => {
  const provider = new MemoryProvider(users);
  const untyped = (value: unknown) => {
    const entries: Iterable<readonly unknown[]> = [["value", value]];
    return Object.fromEntries(entries).value;
  };
  assertThrows(
    () => provider.addUser("BOB", { password: "x" }),
    RangeError,
    'the user "BOB" is there',
  );
  assertThrows(
    () => provider.addUser("", { password: "x" }),
    RangeError,
    'username: "": give a name',
  );
  assertThrows(
    () => provider.addUser("e", untyped({})),
    TypeError,
    "password: undefined: give a text",
  );
  assertThrows(() => provider.addUser("e", untyped("secret")), TypeError, "give an object");
  assertThrows(() => new MemoryProvider(untyped(7)), TypeError, "users: 7: give an object");
  const withBad = { e: { password: "x", messages: { "a b": "x" } } };
  assertThrows(() => new MemoryProvider(withBad), RangeError, 'the unique id "a b": give');
  assertThrows(
    () => new MemoryProvider({}, untyped({ case: "keep" })),
    TypeError,
    "no such option",
  );
});
