/**
 * Which verb is allowed in which state: the one table.
 *
 * A column is a state. A handler in it means that the verb is allowed, and carries it out; null means that it is not.
 * RFC 1939 sections 4 to 7, RFC 2449 section 5, RFC 2595 section 4, RFC 5034 section 4, RFC 6856, billpg's extensions.
 */
import type { Handler } from "./handler.ts";
import type { Asleep, Authorization, Transaction } from "./state.ts";
import { apop } from "./verbs/apop.ts";
import { auth } from "./verbs/auth.ts";
import { capaAfterLogin, capaBeforeLogin } from "./verbs/capa.ts";
import { dele } from "./verbs/dele.ts";
import { deli } from "./verbs/deli.ts";
import { lang } from "./verbs/lang.ts";
import { list } from "./verbs/list.ts";
import { noop } from "./verbs/noop.ts";
import { pass } from "./verbs/pass.ts";
import { qaut } from "./verbs/qaut.ts";
import { quitAfterLogin, quitAsleep, quitBeforeLogin } from "./verbs/quit.ts";
import { retr } from "./verbs/retr.ts";
import { rset } from "./verbs/rset.ts";
import { slee } from "./verbs/slee.ts";
import { stat } from "./verbs/stat.ts";
import { stls } from "./verbs/stls.ts";
import { top } from "./verbs/top.ts";
import { uidl } from "./verbs/uidl.ts";
import { user } from "./verbs/user.ts";
import { utf8 } from "./verbs/utf8.ts";
import { wake, wakeAwake } from "./verbs/wake.ts";
import { xlog } from "./verbs/xlog.ts";

export interface Verb {
  /** `text` and `secret` keep spaces at their ends. Events show only `words` and `text`. */
  readonly argument: "none" | "words" | "text" | "secret";
  readonly AUTHORIZATION: Handler<Authorization> | null;
  readonly TRANSACTION: Handler<Transaction> | null;
  readonly ASLEEP: Handler<Asleep> | null;
}

// deno-fmt-ignore
export const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["CAPA", { argument: "none",   AUTHORIZATION: capaBeforeLogin, TRANSACTION: capaAfterLogin, ASLEEP: null }],
  ["NOOP", { argument: "none",   AUTHORIZATION: noop,            TRANSACTION: noop,           ASLEEP: noop }],
  ["QUIT", { argument: "none",   AUTHORIZATION: quitBeforeLogin, TRANSACTION: quitAfterLogin, ASLEEP: quitAsleep }],
  ["UTF8", { argument: "none",   AUTHORIZATION: utf8,            TRANSACTION: null,           ASLEEP: null }],
  ["LANG", { argument: "words",  AUTHORIZATION: lang,            TRANSACTION: lang,           ASLEEP: null }],
  ["STLS", { argument: "none",   AUTHORIZATION: stls,            TRANSACTION: null,           ASLEEP: null }],
  ["USER", { argument: "text",   AUTHORIZATION: user,            TRANSACTION: null,           ASLEEP: null }],
  ["PASS", { argument: "secret", AUTHORIZATION: pass,            TRANSACTION: null,           ASLEEP: null }],
  ["APOP", { argument: "secret", AUTHORIZATION: apop,            TRANSACTION: null,           ASLEEP: null }],
  ["AUTH", { argument: "secret", AUTHORIZATION: auth,            TRANSACTION: null,           ASLEEP: null }],
  ["XLOG", { argument: "secret", AUTHORIZATION: xlog,            TRANSACTION: null,           ASLEEP: null }],
  ["STAT", { argument: "none",   AUTHORIZATION: null,            TRANSACTION: stat,           ASLEEP: null }],
  ["LIST", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: list,           ASLEEP: null }],
  ["UIDL", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: uidl,           ASLEEP: null }],
  ["RETR", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: retr,           ASLEEP: null }],
  ["TOP",  { argument: "words",  AUTHORIZATION: null,            TRANSACTION: top,            ASLEEP: null }],
  ["DELE", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: dele,           ASLEEP: null }],
  ["DELI", { argument: "words",  AUTHORIZATION: null,            TRANSACTION: deli,           ASLEEP: null }],
  ["RSET", { argument: "none",   AUTHORIZATION: null,            TRANSACTION: rset,           ASLEEP: null }],
  ["SLEE", { argument: "none",   AUTHORIZATION: null,            TRANSACTION: slee,           ASLEEP: null }],
  ["WAKE", { argument: "none",   AUTHORIZATION: null,            TRANSACTION: wakeAwake,      ASLEEP: wake }],
  ["QAUT", { argument: "none",   AUTHORIZATION: null,            TRANSACTION: qaut,           ASLEEP: null }],
]);
