/**
 * Every text of a session's replies, in English, the language of a session without LANG. To add a text, add a key here;
 * the compiler then names each language that lacks it.
 *
 * Many of these texts are those of billpg's server. His clients and tests know them, so they stay as they are.
 */
import { counted } from "../../protocol/counted.ts";

export const english = {
  // Any command.
  unknownCommand: (verb: string) => `Unknown command: ${verb}`,
  notAvailable: "Command not available.",
  emptyLine: "Empty command line.",
  lineTooLong: "Command line too long.",
  notText: "Bad command syntax. A command is printable ASCII; its argument may be UTF-8.",
  takesNoArgument: (verb: string) => `Bad command syntax. ${verb} takes no argument.`,
  takesMessage: (verb: string) =>
    `Bad command syntax. ${verb} takes a message number or UID:<unique-id>.`,
  topTakes:
    "Bad command syntax. TOP takes a message number or UID:<unique-id>, and a number of lines.",
  apopTakes:
    "Bad command syntax. APOP takes a user name and an MD5 digest of 32 hexadecimal digits.",
  xlogTakes: "Syntax: XLOG (username) (password)",

  // The state of the session.
  authenticateFirst: "Authenticate first.",
  alreadyLoggedIn: "You are logged in already.",
  onlyAwake: "This command is not allowed in a sleeping state. (Only NOOP, QUIT or WAKE.)",
  alreadyAwake: "You are awake already.",
  sessionOver: "The session is over.",
  notPop3: "This server speaks POP3.",

  // TLS.
  beginTls: "Begin TLS negotiation.",
  alreadySecure: "The connection is secure already.",
  stlsFirst: "Call STLS and negotiate TLS first.",

  // Logging in.
  sendPassword: "Thank you. Send password.",
  alreadyCalledUser: "Already called USER.",
  invalidUsername: "Invalid user name.",
  userFirst: "Call USER before PASS.",
  mechanismsFollow: "Mechanisms follow...",
  noSuchMechanism: (known: string) => `No such mechanism. Supported: ${known}`,
  notBase64: "A response must be base64.",
  authenticationCancelled: "Authentication cancelled.",
  authenticationRefused: "Authentication refused.",
  wrongPassword: "Wrong username or password.",
  loginOver: "Your login is no longer valid. Send QUIT and log in again.",
  loginDelay: (seconds: number) =>
    `You logged in a moment ago. Try again in ${counted(seconds, "second")}.`,
  badUniqueIds: "Unique ID strings must be printable ASCII only.",
  sameUniqueId: "Two messages of this mailbox have the same unique ID.",
  welcome: "Welcome.",

  // Languages.
  utf8: "UTF-8 enabled.",
  languagesFollow: "Languages follow...",
  languageChosen: (tag: string) => `${tag} The language is English.`,
  noSuchLanguage: "No such language. LANG alone lists them all.",

  // Messages.
  capabilitiesFollow: "Capabilities follow...",
  noop: "There's no-one here but us POP3 services.",
  sizesFollow: "Message sizes follow...",
  uniqueIdsFollow: "Unique-IDs follow...",
  messageFollows: "Message text follows...",
  headFollows: (lines: number) => `Header and first ${counted(lines, "line")}...`,
  noSuchMessage: "No such message.",
  noSuchUid: "No such UID.",
  messageDeleted: "That message has been deleted.",
  messageGone: "That message is gone.",
  readOnly: "This mailbox is read-only.",
  flagged: (uniqueId: string) => `Message UID:${uniqueId} flagged for delete on QUIT or SLEE.`,
  unflagged: "Un-flagged all messages flagged for delete.",
  deletedNow: (uniqueId: string) => `Deleted message. UID:${uniqueId}`,
  systemError: "System error. Administrators should check logs.",
  partlyDeleted: (deleted: number, all: number) =>
    `The disk is full. Deleted ${deleted} of ${counted(all, "message")}.`,

  // Leaving.
  notLoggedInGoodbye: "Closing connection without authenticating.",
  goodbye: (count: number) => `${counted(count, "message")} deleted. Closing connection.`,
  loggedOut: "Logged out. You can either reauthenticate or exit.",
  asleep: (count: number) => `Zzzzz. Deleted ${counted(count, "message")}.`,
  welcomeBack: "Welcome back.",

  // What the ready-made providers and mailboxes throw.
  inUse: "Another session has this mailbox.",
  inUseByProgram: "Another program has this mailbox.",
  beingWritten: "Another program is writing this mailbox.",
  beingDeleted: "Another session is deleting in this mailbox.",
  changedNothingDeleted: "A message has changed since you logged in; nothing was deleted.",
  messageChanged: "That message has changed since you logged in.",
  messageUnreadable: "That message cannot be read.",
  mailboxClosed: "Your mailbox cannot be opened.",
  nobodyNow: "Nobody can log in now. Try again later.",
  notSomebodyElse: "Nobody may log in as somebody else.",
  slowHash: "Your password takes too long to check.",
  tooManyLogins: "Too many logins at once. Try again later.",
};
