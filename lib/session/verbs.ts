/**
 * Which verb in which state: the one table.
 *
 * A column is a state; a handler there says that the verb is allowed, and carries it out. RFC 1939 sections 4 to 7, RFC 2449 section 5,
 * RFC 2595 section 4, RFC 5034 section 4.
 */
import type { Handler } from "./handler.ts";
import type { Authorization, Transaction } from "./state.ts";
import { apop } from "./verbs/apop.ts";
import { auth } from "./verbs/auth.ts";
import { capaAfterLogin, capaBeforeLogin } from "./verbs/capa.ts";
import { dele } from "./verbs/dele.ts";
import { list } from "./verbs/list.ts";
import { noop } from "./verbs/noop.ts";
import { pass } from "./verbs/pass.ts";
import { quitAfterLogin, quitBeforeLogin } from "./verbs/quit.ts";
import { retr } from "./verbs/retr.ts";
import { rset } from "./verbs/rset.ts";
import { stat } from "./verbs/stat.ts";
import { stls } from "./verbs/stls.ts";
import { top } from "./verbs/top.ts";
import { uidl } from "./verbs/uidl.ts";
import { user } from "./verbs/user.ts";
import { xlog } from "./verbs/xlog.ts";

export interface Verb {
  /** `text` and `secret` are kept to the last space; only `words` and `text` are shown to events. */
  readonly argument: "none" | "words" | "text" | "secret";
  readonly AUTHORIZATION: Handler<Authorization> | null;
  readonly TRANSACTION: Handler<Transaction> | null;
}

// deno-fmt-ignore
export const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["CAPA", { argument: "none",   AUTHORIZATION: capaBeforeLogin, TRANSACTION: capaAfterLogin }],
  ["NOOP", { argument: "none",   AUTHORIZATION: noop,            TRANSACTION: noop }],
  ["QUIT", { argument: "none",   AUTHORIZATION: quitBeforeLogin, TRANSACTION: quitAfterLogin }],
  ["STLS", { argument: "none",   AUTHORIZATION: stls,            TRANSACTION: null }],
  ["USER", { argument: "text",   AUTHORIZATION: user,            TRANSACTION: null }],
  ["PASS", { argument: "secret", AUTHORIZATION: pass,            TRANSACTION: null }],
  ["APOP", { argument: "secret", AUTHORIZATION: apop,            TRANSACTION: null }],
  ["AUTH", { argument: "secret", AUTHORIZATION: auth,            TRANSACTION: null }],
  ["XLOG", { argument: "secret", AUTHORIZATION: xlog,            TRANSACTION: null }],
  ["STAT", { argument: "none",   AUTHORIZATION: null,            TRANSACTION: stat }],
  ["LIST", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: list }],
  ["UIDL", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: uidl }],
  ["RETR", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: retr }],
  ["TOP",  { argument: "words",  AUTHORIZATION: null,            TRANSACTION: top }],
  ["DELE", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: dele }],
  ["RSET", { argument: "none",   AUTHORIZATION: null,            TRANSACTION: rset }],
]);
