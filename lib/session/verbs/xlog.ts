/** XLOG, one of billpg's extensions: a name without spaces, and the rest of the line as the password. */
import { errReply, type Reply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { logInWithPassword, stlsFirst } from "../log_in.ts";
import type { Authorization, Transition } from "../state.ts";

export function xlog(
  context: HandlerContext,
  _state: Authorization,
  argument: string,
): Reply<Text> | Promise<Transition> {
  if (!mayLogIn(context)) return stlsFirst(context, "XLOG");
  const [, username, password] = /^(\S+) (.*)$/.exec(argument) ?? [];
  if (username === undefined || password === undefined) {
    return errReply("xlogTakes");
  }
  return logInWithPassword(context, "XLOG", username, password);
}
