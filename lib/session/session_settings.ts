/** The settings of sessions. Each is read when it is needed, so it may change while a session lasts. */
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { nullProvider } from "../provider/null_provider.ts";
import {
  flag,
  given,
  hasMethod,
  orNull,
  type SettingsTable,
  text,
  wholeNumber,
} from "../settings/setting.ts";

/** How sessions behave. */
export interface SessionSettings {
  /** Decides who may log in and what mail there is. Refuses everyone by default. A session keeps the one that it began with. */
  provider: MailboxProvider;
  /** The name of the server, in its greeting and in CAPA: 1 to 100 characters of printable ASCII. `pop3svc` by default. */
  serviceName: string;
  /**
   * What the greeting says in place of `pop3svc ready.`: 1 to 400 characters of printable ASCII. Null, the default, for
   * that. It holds no `<` and no `>`: clients take `<…@…>` for the timestamp of APOP (RFC 1939 section 7), and some begin at
   * the first `<`.
   */
  greeting: string | null;
  /** Whether a client of another machine may log in over a connection that is not encrypted. False by default. */
  allowInsecureLogin: boolean;
  /**
   * What EXPIRE promises in CAPA (RFC 2449 section 6.7): days for which messages are kept at least, or null for ever,
   * the default. The listener deletes nothing by age. With 0, what was read with RETR is deleted at the end.
   */
  expire: number | null;
  /** Least seconds between two logins of one user (LOGIN-DELAY of RFC 2449 section 6.5); 0, the default, for none. */
  loginDelay: number;
  /** Whether a client may name a message that arrived after its login, by its unique id. True by default. */
  allowUnknownIdRequests: boolean;
  /** Whether the first line of each multi-line reply ends with ` _`, and CAPA says MULTI-LINE-IND. False by default. */
  multiLineInd: boolean;
}

export const sessionSettings: SettingsTable<SessionSettings> = {
  provider: given("a provider: an object with authenticate()", isProvider, nullProvider),
  serviceName: text(
    /^[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?$/,
    "1 to 100 characters of printable ASCII",
    "pop3svc",
  ),
  greeting: orNull(
    text(
      /^(?!.*[<>])[\x21-\x7e]([\x20-\x7e]{0,398}[\x21-\x7e])?$/,
      "1 to 400 characters of printable ASCII without < and >: clients take <…@…> for APOP's timestamp",
      "",
    ),
  ),
  allowInsecureLogin: flag(false),
  expire: orNull(wholeNumber(0, 36_500, 0)),
  loginDelay: wholeNumber(0, 86_400, 0),
  allowUnknownIdRequests: flag(true),
  multiLineInd: flag(false),
};

function isProvider(value: unknown): value is MailboxProvider {
  return hasMethod(value, "authenticate");
}
