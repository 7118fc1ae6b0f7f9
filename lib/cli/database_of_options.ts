/**
 * Opens the database of `--postgres`. Its code is loaded here and nowhere else, so that other starts do not pay for it.
 * Nothing here prints the URL, which holds a password.
 */
import type { PostgresDatabase, PostgresDatabaseOptions } from "../postgres/mod.ts";
import { reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";

/** Where a database is. */
export interface DatabasePlace {
  /** A host, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** The authority of its certificate; null for the usual ones. */
  readonly authority: string | null;
}

/** @throws {CliError} for what is no URL of a database */
export async function openDatabase(
  url: string | null,
  options: PostgresDatabaseOptions,
): Promise<PostgresDatabase> {
  if (url === null) {
    throw CliError.usage(
      "which database? Give its URL by POP3SVC_POSTGRES, in the file of --config, or by --postgres",
    );
  }
  const { PostgresDatabase } = await import("../postgres/mod.ts");
  try {
    return new PostgresDatabase(url, options);
  } catch (error) {
    if (error instanceof RangeError) throw CliError.usage(error.message);
    throw CliError.environment(`--postgres: the file of sslrootcert: ${reasonOf(error)}`, error);
  }
}

/** Null for what is no URL of a database; opening it says why. */
export function placeOf(text: string | null): DatabasePlace | null {
  const url = text === null ? null : URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return null;
  const { searchParams: parameters } = url;
  const user = parameters.get("user") ?? decoded(url.username);
  const host = parameters.get("host") ?? decoded(url.hostname).replace(/^\[(.*)\]$/, "$1");
  if (user === "" || host === "") return null;
  return {
    host,
    port: url.port === "" ? 5_432 : Number(url.port),
    name: decoded(url.pathname.slice(1)) || user,
    authority: parameters.get("sslrootcert"),
  };
}

/** The database for people: `mail at db.example`. */
export function placeText(url: string): string {
  const place = placeOf(url);
  return place === null ? "a database" : `${place.name} at ${place.host}`;
}

/** Whether the arguments of the program show the password of a database to all users of the machine. */
export function showsPassword(args: readonly string[]): boolean {
  return args.some((arg) => /postgres(ql)?:\/\/[^/]*:.*@/s.test(arg));
}

/** An argument as it may be printed. */
export function withoutUrl(arg: string): string {
  return arg.replace(/postgres(ql)?:\/\/.*/s, "postgres://…");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
