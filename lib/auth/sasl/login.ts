/** LOGIN: never a standard, and what many clients know. An initial response is the user name. */
import { type Mechanism, octetsOf, SaslError, textOf } from "./mechanism.ts";

export const login: Mechanism = {
  isOfferedBy: () => true,
  async *begin(info, provider) {
    const userName = textOf(yield octetsOf("Username:"));
    if (userName === "") throw new SaslError("LOGIN sends a user name.");
    const password = textOf(yield octetsOf("Password:"));
    const mailbox = await provider.authenticate(info, userName, password);
    return { userName, mailbox, secret: password };
  },
};
