/** USER (RFC 1939 section 7). A name may hold spaces. */
import { error, ok, type Reply } from "../../protocol/reply.ts";
import { type HandlerContext, mayLogIn } from "../handler.ts";
import { secureLineFirst } from "../log_in.ts";
import { type Authorization, enter, type Transition } from "../state.ts";

export function user(
  context: HandlerContext,
  state: Authorization,
  userName: string,
): Reply | Transition {
  if (!mayLogIn(context)) return secureLineFirst;
  if (state.userName !== null) return error("Already called USER.");
  if (userName.trim() === "") return error("Invalid user name.");
  return enter(
    { phase: "AUTHORIZATION", userName },
    ok("Thank you. Send password."),
  );
}
