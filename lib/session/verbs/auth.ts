/**
 * AUTH (RFC 5034 section 4): an exchange of challenges and responses, each a line of base64.
 *
 * - Without a mechanism it lists those that work now. That is older than CAPA, and some clients use it.
 * - An initial response answers the first challenge; `=` is an empty one.
 * - `*` ends the exchange, and so does a fault; the session goes on. Where the client could have learned something by
 *   then, the exchange counts as an attempt, and is refused like a wrong password.
 */
import { type Exchange, type Octets, SaslError } from "../../auth/sasl/mechanism.ts";
import { mechanisms, mechanismsOf } from "../../auth/sasl/mechanisms.ts";
import { errReply, type Reply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import { filled, ofWords, type Text } from "../languages/text.ts";
import { beginLogin, endLogin, failLogin, stlsFirst } from "../log_in.ts";
import {
  type Authenticating,
  type Authorization,
  loggedOut,
  type Transition,
  transition,
} from "../state.ts";

/** Ends an exchange for a reason that no mechanism gives. */
class ExchangeFault extends SaslError {
  readonly text: "authenticationCancelled" | "authenticationRefused" | "notBase64";

  constructor(text: ExchangeFault["text"]) {
    super(text);
    this.text = text;
  }
}

export async function auth(
  context: HandlerContext,
  _state: Authorization,
  argument: string,
): Promise<Reply<Text> | Transition> {
  if (!mayLogIn(context)) return stlsFirst(context, "AUTH");
  const { info, provider } = context;
  const [, name = "", response] = /^(\S*) *(\S.*)?$/.exec(argument.trimEnd()) ?? [];
  if (name === "") {
    return { type: "listing", text: "mechanismsFollow", lines: mechanismsOf(provider) };
  }
  const mechanism = mechanisms.get(name.toUpperCase());
  if (mechanism === undefined || !mechanism.isOfferedBy(provider)) {
    return errReply(filled("noSuchMechanism", mechanismsOf(provider).join(" ")));
  }
  const attempt = beginLogin(context, name.toUpperCase());
  const exchange = mechanism.begin(info, attempt.provider);
  const state: Authenticating = { phase: "AUTHENTICATING", attempt, exchange };
  if (response === undefined) return await proceed(context, state, () => exchange.next());
  return await proceed(context, state, async () => {
    const first = await exchange.next();
    return first.done === true ? first : await respond(exchange, response === "=" ? "" : response);
  });
}

/** Answers one line of the client within an exchange. */
export async function respondToChallenge(
  context: HandlerContext,
  state: Authenticating,
  line: string,
): Promise<Transition> {
  if (line === "*") return await cancelExchange(context, state);
  return await proceed(context, state, async () => {
    // Before the mechanism checks a proof: its answer reveals whether the secret was right.
    if (!await state.attempt.attempt.resume()) throw new ExchangeFault("authenticationRefused");
    return await respond(state.exchange, line);
  });
}

/** Cancels an exchange. An attempt that was refused before stays refused. */
export async function cancelExchange(
  context: HandlerContext,
  state: Authenticating,
): Promise<Transition> {
  const cancelled = new ExchangeFault("authenticationCancelled");
  return await proceed(context, state, () => state.exchange.throw(cancelled));
}

/** Gives a response to the mechanism. A line that is not base64 ends the exchange, as `*` does. */
function respond(exchange: Exchange, line: string): ReturnType<Exchange["next"]> {
  const octets = octetsOf(line);
  return octets === null ? exchange.throw(new ExchangeFault("notBase64")) : exchange.next(octets);
}

async function proceed(
  context: HandlerContext,
  state: Authenticating,
  step: () => ReturnType<Exchange["next"]>,
): Promise<Transition> {
  const { attempt } = state.attempt;
  try {
    const next = await step();
    if (next.done === true) return await endLogin(context, state.attempt, next.value);
    // A challenge after a refusal explains it (RFC 7628 section 3.2.2), so it waits as long as the refusal.
    if (attempt.isRefused) await attempt.refusalDue();
    attempt.releaseTurn();
    return transition(state, { type: "challenge", challenge: next.value });
  } catch (failure) {
    if (!(failure instanceof SaslError)) return await failLogin(context, state.attempt, failure);
    // A client that gives up after the challenge may have learned as much as from a wrong proof.
    const username = attempt.provedUsername;
    if (username !== null) {
      const refused = { username, mailbox: null, secret: null };
      return await endLogin(context, state.attempt, refused);
    }
    attempt.releaseTurn();
    context.attempt = null;
    const text = failure instanceof ExchangeFault ? failure.text : ofWords(failure.message);
    return transition(loggedOut, errReply(text));
  }
}

/** The octets of base64 (RFC 4648 section 4); null when it is not that. */
function octetsOf(base64: string): Octets | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null;
  try {
    return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
  } catch {
    return null;
  }
}
