/** PLAIN (RFC 4616): one message with the names and the password. */
import { type Mechanism, NOTHING, SaslError, textOf } from "./mechanism.ts";

export const plain: Mechanism = {
  isOfferedBy: () => true,
  async *begin(info, provider) {
    const [authorizationId, username, password, ...more] = textOf(yield NOTHING).split("\0");
    if (!username || password === undefined || more.length > 0) {
      throw new SaslError("PLAIN sends an authorization id, NUL, a user name, NUL, a password.");
    }
    if (authorizationId !== "" && authorizationId !== username) {
      throw new SaslError("Nobody may log in as somebody else.");
    }
    const mailbox = await provider.authenticate(info, username, password);
    return { username, mailbox, secret: password };
  },
};
