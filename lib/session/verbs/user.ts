/** USER (RFC 1939 section 7). A name may hold spaces. */
import { errReply, ok, type Reply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import { secureLineFirst } from "../log_in.ts";
import { type Authorization, type Transition, transition } from "../state.ts";

export function user(
  context: HandlerContext,
  state: Authorization,
  username: string,
): Reply | Transition {
  if (!mayLogIn(context)) return secureLineFirst;
  if (state.username !== null) return errReply("Already called USER.");
  if (username.trim() === "") return errReply("Invalid user name.");
  return transition(
    { phase: "AUTHORIZATION", username },
    ok("Thank you. Send password."),
  );
}
