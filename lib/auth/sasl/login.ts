/** LOGIN: never a standard, but many clients use it. An initial response is the user name. */
import { type Mechanism, octetsOf, SaslError, textOf } from "./mechanism.ts";

export const login: Mechanism = {
  isOfferedBy: () => true,
  async *begin(info, provider) {
    const username = textOf(yield octetsOf("Username:"));
    if (username === "") throw new SaslError("LOGIN sends a user name.");
    const password = textOf(yield octetsOf("Password:"));
    const mailbox = await provider.authenticate(info, username, password);
    return { username, mailbox, secret: password };
  },
};
