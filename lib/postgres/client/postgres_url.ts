/**
 * Parses the URL of a database: `postgres://user:password@host:5432/database?sslmode=verify-full`.
 *
 * - TLS with a certificate that is checked is the default for every host but this machine: a password must not cross a
 *   network in the clear because nobody thought of it. `sslmode=disable` does without.
 * - A socket of this machine is `postgres:///database?host=/run/postgresql&user=name`.
 * - Nothing is taken from the environment, and no error repeats any part of the URL, which holds a password.
 */
import { readGivenText } from "../../files/read_whole.ts";
import { isThisMachine } from "../../transport/address.ts";

/** Where a database is, and as whom to connect. */
export interface PostgresTarget {
  /** A host, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Null without TLS; the PEM text of the authorities that may have signed the certificate, null for the usual ones. */
  readonly tls: { readonly authorities: string | null } | null;
}

const PARAMETERS: ReadonlySet<string> = new Set(["host", "user", "sslmode", "sslrootcert"]);

/** @throws {RangeError} for what is no URL of a database */
export function parsePostgresUrl(text: string): PostgresTarget {
  const url = urlOf(text);
  const { searchParams: parameters } = url;
  for (const name of parameters.keys()) {
    if (!PARAMETERS.has(name)) {
      throw wrong(`its parameters may be ${[...PARAMETERS].join(", ")}, and no others`);
    }
  }
  const host = parameters.get("host") ?? decoded(url.hostname).replace(/^\[(.*)\]$/, "$1");
  const user = parameters.get("user") ?? decoded(url.username);
  if (host === "") throw wrong("it names no host");
  if (user === "") throw wrong("it names no user");
  // npm:pg takes what is 0 or empty from the environment.
  if (url.port === "0") throw wrong("its port is 0");
  const database = decoded(url.pathname.slice(1));
  return {
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    user,
    password: decoded(url.password),
    database: database === "" ? user : database,
    tls: tlsOf(host, parameters),
  };
}

function tlsOf(host: string, parameters: URLSearchParams): PostgresTarget["tls"] {
  const isLocal = host.startsWith("/") || isThisMachine(host);
  const mode = parameters.get("sslmode") ?? (isLocal ? "disable" : "verify-full");
  if (mode === "disable") return null;
  if (mode !== "verify-full") throw wrong("its sslmode must be verify-full or disable");
  if (host.startsWith("/")) throw wrong("a Unix socket has no TLS");
  const path = parameters.get("sslrootcert");
  return { authorities: path === null ? null : readGivenText(path) };
}

function urlOf(text: string): URL {
  if (!/^postgres(ql)?:\/\//.test(text)) throw wrong("it must begin with postgres://");
  const url = URL.parse(text);
  if (url === null) throw wrong("it cannot be parsed");
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong("a % in it must be written as %25");
  }
}

function wrong(reason: string): RangeError {
  return new RangeError(
    `the URL of the database: ${reason}: give postgres://user:password@host:5432/database`,
  );
}
