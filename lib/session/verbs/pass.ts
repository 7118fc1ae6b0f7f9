/** PASS (RFC 1939 section 7). The password is the rest of the line, with all its spaces. */
import { errReply, type Reply } from "../../protocol/reply.ts";
import type { HandlerContext } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { logInWithPassword } from "../log_in.ts";
import type { Authorization, Transition } from "../state.ts";

export function pass(
  context: HandlerContext,
  { username }: Authorization,
  password: string,
): Reply<Text> | Promise<Transition> {
  if (username === null) return errReply("userFirst");
  return logInWithPassword(context, "PASS", username, password);
}
