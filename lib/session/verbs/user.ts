/** USER (RFC 1939 section 7). A name may hold spaces. */
import { errReply, ok, type Reply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import type { Text } from "../languages/text.ts";
import { stlsFirst } from "../log_in.ts";
import { type Authorization, type Transition, transition } from "../state.ts";

export function user(
  context: HandlerContext,
  state: Authorization,
  username: string,
): Reply<Text> | Transition {
  if (!mayLogIn(context)) return stlsFirst(context, "USER", username);
  if (state.username !== null) return errReply("alreadyCalledUser");
  if (username.trim() === "") return errReply("invalidUsername");
  return transition({ phase: "AUTHORIZATION", username }, ok("sendPassword"));
}
