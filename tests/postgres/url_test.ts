/** The URL of a database, and TLS on the way to it. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parsePostgresUrl } from "../../lib/postgres/client/postgres_url.ts";
import { PostgresDatabase } from "../../lib/postgres/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority, certificate } from "../test_authority.ts";
import { testWithPostgres } from "./test_postgres.ts";

Deno.test("a URL names host, user, password and database; what is left out has a default", () => {
  assertEquals(parsePostgresUrl("postgres://me:p%40ss@127.0.0.1:6432/mail"), {
    host: "127.0.0.1",
    port: 6432,
    user: "me",
    password: "p@ss",
    database: "mail",
    tls: null,
  });
  assertEquals(parsePostgresUrl("postgresql://me@[::1]"), {
    host: "::1",
    port: 5432,
    user: "me",
    password: "",
    database: "me",
    tls: null,
  });
  assertEquals(
    parsePostgresUrl("postgres:///mail?host=/run/postgresql&user=me").host,
    "/run/postgresql",
  );
});

Deno.test("TLS is required for another machine unless the URL says otherwise", () => {
  assertEquals(parsePostgresUrl("postgres://me@db.example").tls, { authorities: null });
  assertEquals(parsePostgresUrl("postgres://me@db.example?sslmode=disable").tls, null);
});

Deno.test("a URL that cannot be used is refused, and never repeated", () => {
  for (
    const url of [
      "mysql://me:s3cret@host/db",
      "postgres://:s3cret@host/db",
      "postgres://me:s3cret%@host/db",
      "postgres://me:s3cret@host:x/db",
      "postgres:///db?user=me&password=s3cret",
      "postgres://me:s3cret@host/db?sslmode=prefer",
      "postgres:///db?user=me&host=/run&sslmode=verify-full",
    ]
  ) {
    const error = assertThrows(() => parsePostgresUrl(url), RangeError);
    assertEquals(error.message.includes("s3cret"), false, url);
  }
});

testWithPostgres("over TLS, the certificate of the database is checked", async (database) => {
  await using folder = await TemporaryFolder.create();
  const { cert, key } = certificate;
  await database.server.useTls(String(cert), String(key));
  await Deno.writeTextFile(`${folder.path}/authority.pem`, authority.pem);
  const url = `${database.url().replace("127.0.0.1", "localhost")}?sslmode=verify-full`;
  await using trusting = new PostgresDatabase(`${url}&sslrootcert=${folder.path}/authority.pem`);
  assertEquals(await trusting.health(), null);
  await using doubting = new PostgresDatabase(url);
  await assertRejects(async () => {
    const error = await doubting.health();
    if (error !== null) throw error;
  });
});
