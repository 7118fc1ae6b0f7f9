/**
 * A POP3 service of your own: a listener that talks the protocol, and the interfaces to give it mail.
 *
 * @module
 */
export { Session } from "./session/session.ts";
