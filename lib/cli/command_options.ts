/** The tables of options of the commands that serve nothing. */
import { MADE_SCHEMES, type MadeScheme } from "../program.ts";
import { adminAddress, text } from "./option_values.ts";
import { flag, oneOf, serveOptions, value, type ValuesOf } from "./options.ts";

// deno-fmt-ignore
export const hashOptions = {
  "scheme": value("NAME", `kind of hash: ${MADE_SCHEMES.join(", ")}`, (given) => oneOf<MadeScheme>(...MADE_SCHEMES)(given.toLowerCase()), "argon2id"),
} as const;

// deno-fmt-ignore
export const statusOptions = {
  "admin": value("[ADDR:]PORT", "the --admin port of the server", adminAddress, { hostname: "127.0.0.1", port: 1_180 }, "1180"),
  "json": flag("print JSON"),
  "lift": value("ADDRESS", "end the ban of this address", text("an address"), null),
} as const;

/** What every command for a database takes. */
const databaseOptions = {
  "postgres": serveOptions.postgres,
  "config": serveOptions.config,
} as const;

/** What the commands take that name a user. */
const userOptions = {
  ...databaseOptions,
  "username-case": serveOptions["username-case"],
  "default-domain": serveOptions["default-domain"],
} as const;

// deno-fmt-ignore
export const migrateOptions = {
  ...databaseOptions,
  "server-role": value("NAME", "role of the server, which may read and delete mail", text("the name of a role"), null),
  "delivery-role": value("NAME", "role of what delivers mail; it may be the same", text("the name of a role"), null),
} as const;

// deno-fmt-ignore
export const addUserOptions = {
  ...userOptions,
  ...hashOptions,
  "hash": value("HASH", "hash of the password, as a users file has it; without it, the command asks for the password", text("a hash"), null),
} as const;

export const importOptions = { ...userOptions, "format": serveOptions.format } as const;

export const deliverOptions = userOptions;

/** The parsed options of `status`. */
export type StatusOptions = ValuesOf<typeof statusOptions>;
/** The parsed options of `hash`. */
export type HashOptions = ValuesOf<typeof hashOptions>;
/** The parsed options of `postgres migrate`. */
export type MigrateOptions = ValuesOf<typeof migrateOptions>;
/** The parsed options of `postgres add-user`. */
export type AddUserOptions = ValuesOf<typeof addUserOptions>;
/** The parsed options of `postgres import`. */
export type ImportOptions = ValuesOf<typeof importOptions>;
/** The parsed options of `deliver`. */
export type DeliverOptions = ValuesOf<typeof deliverOptions>;
