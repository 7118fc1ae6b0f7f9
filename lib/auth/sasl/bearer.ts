/** OAUTHBEARER (RFC 7628) and XOAUTH2, its predecessor: a token in place of a password. */
import type { Mailbox } from "../../provider/mailbox.ts";
import {
  type Login,
  type Mechanism,
  NOTHING,
  type Octets,
  octetsOf,
  SaslError,
  textOf,
} from "./mechanism.ts";

/** What a client sends in its only message. */
interface Bearer {
  readonly username: string | null;
  readonly token: string;
}

/** RFC 7628 section 3.1: a GS2 header, then fields that each end with 0x01. */
export const oauthbearer: Mechanism = bearerMechanism((message) => {
  const [header = "", ...fields] = message.split("\x01");
  const [, name] = /^[ny],(?:a=([^,]+))?,$/.exec(header) ?? [];
  if (!/^[ny],(a=[^,]+)?,$/.test(header)) {
    throw new SaslError("OAUTHBEARER begins with a GS2 header without channel binding.");
  }
  const username = name?.replaceAll("=2C", ",").replaceAll("=3D", "=") ?? null;
  return { username, token: tokenIn(fields) };
}, "invalid_token");

/** `user=NAME ^A auth=Bearer TOKEN ^A ^A`. */
export const xoauth2: Mechanism = bearerMechanism((message) => {
  const [first = "", ...fields] = message.split("\x01");
  if (!/^user=./.test(first)) throw new SaslError("XOAUTH2 begins with user=.");
  return { username: first.slice("user=".length), token: tokenIn(fields) };
}, "401");

function bearerMechanism(parse: (message: string) => Bearer, status: string): Mechanism {
  return {
    isOfferedBy: (provider) => provider.authenticateToken !== undefined,
    async *begin(info, provider): AsyncGenerator<Octets, Login, Octets> {
      const { username, token } = parse(textOf(yield NOTHING));
      const mailbox = await provider.authenticateToken?.(info, username, token) ?? null;
      if (mailbox === null) {
        try {
          // RFC 7628 section 3.2.2: the server explains a refusal in a challenge, which the client must answer.
          yield octetsOf(JSON.stringify({ status, schemes: "bearer" }));
        } catch {
          // A client that cancels is refused as well: otherwise it could try tokens, and nothing would count them.
        }
      }
      return { username: username ?? nameOf(mailbox), mailbox, secret: token };
    },
  };
}

function nameOf(mailbox: Mailbox | null): string {
  return mailbox?.name ?? "";
}

function tokenIn(fields: readonly string[]): string {
  const [, token] = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i.exec(
    fields.find((field) => field.startsWith("auth="))?.slice("auth=".length) ?? "",
  ) ?? [];
  if (token === undefined || fields.at(-1) !== "" || fields.at(-2) !== "") {
    throw new SaslError("A token is sent as auth=Bearer TOKEN.");
  }
  return token;
}
