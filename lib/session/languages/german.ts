/** The texts of replies in German. */
import type { Texts } from "./text.ts";

export const german: Texts = {
  unknownCommand: (verb) => `Unbekannter Befehl: ${verb}`,
  notAvailable: "Der Befehl ist hier nicht verfügbar.",
  emptyLine: "Die Befehlszeile ist leer.",
  lineTooLong: "Die Befehlszeile ist zu lang.",
  notText: "Falsche Syntax. Ein Befehl ist druckbares ASCII; sein Argument darf UTF-8 sein.",
  takesNoArgument: (verb) => `Falsche Syntax. ${verb} hat kein Argument.`,
  takesMessage: (verb) =>
    `Falsche Syntax. Auf ${verb} folgt die Nummer einer Nachricht oder UID:<UID>.`,
  topTakes:
    "Falsche Syntax. Auf TOP folgt die Nummer einer Nachricht oder UID:<UID>, dann die Zahl der Zeilen.",
  apopTakes:
    "Falsche Syntax. Auf APOP folgen ein Benutzername und ein MD5-Digest aus 32 Hexadezimalziffern.",
  xlogTakes: "Syntax: XLOG (Benutzername) (Passwort)",

  authenticateFirst: "Bitte zuerst anmelden.",
  alreadyLoggedIn: "Schon angemeldet.",
  onlyAwake: "Dieser Befehl ist im Schlaf nicht erlaubt. (Nur NOOP, QUIT oder WAKE.)",
  alreadyAwake: "Schon wach.",
  sessionOver: "Die Sitzung ist beendet.",
  notPop3: "Dieser Server spricht POP3.",

  beginTls: "TLS kann beginnen.",
  alreadySecure: "Die Verbindung ist schon verschlüsselt.",
  stlsFirst: "Bitte zuerst mit STLS verschlüsseln.",

  sendPassword: "Danke. Bitte das Passwort senden.",
  alreadyCalledUser: "USER wurde schon gesendet.",
  invalidUsername: "Kein gültiger Benutzername.",
  userFirst: "Vor PASS muss USER stehen.",
  mechanismsFollow: "Es folgen die Mechanismen...",
  noSuchMechanism: (known) => `Diesen Mechanismus gibt es nicht. Möglich sind: ${known}`,
  notBase64: "Eine Antwort muss base64 sein.",
  authenticationCancelled: "Anmeldung abgebrochen.",
  authenticationRefused: "Anmeldung abgelehnt.",
  wrongPassword: "Benutzername oder Passwort ist falsch.",
  loginOver: "Die Anmeldung gilt nicht mehr. Bitte QUIT, und dann neu anmelden.",
  loginDelay: (seconds) =>
    `Die letzte Anmeldung war eben erst. Bitte in ${
      seconds === 1 ? "1 Sekunde" : `${seconds} Sekunden`
    } noch einmal.`,
  badUniqueIds: "Eine UID darf nur druckbares ASCII enthalten.",
  sameUniqueId: "Zwei Nachrichten dieses Postfachs haben dieselbe UID.",
  welcome: "Willkommen.",

  utf8: "UTF-8 ist eingeschaltet.",
  languagesFollow: "Es folgen die Sprachen...",
  languageChosen: (tag) => `${tag} Die Sprache ist Deutsch.`,
  noSuchLanguage: "Diese Sprache gibt es hier nicht. LANG allein zeigt alle.",

  capabilitiesFollow: "Es folgen die Fähigkeiten...",
  noop: "Hier sind nur wir POP3-Dienste.",
  sizesFollow: "Es folgen die Größen der Nachrichten...",
  uniqueIdsFollow: "Es folgen die UIDs...",
  messageFollows: "Es folgt die Nachricht...",
  headFollows: (lines) => {
    if (lines === 0) return "Es folgt der Kopf...";
    return `Es folgen Kopf und erste ${lines === 1 ? "Zeile" : `${lines} Zeilen`}...`;
  },
  noSuchMessage: "Diese Nachricht gibt es nicht.",
  noSuchUid: "Diese UID gibt es nicht.",
  messageDeleted: "Diese Nachricht ist gelöscht.",
  messageGone: "Diese Nachricht ist nicht mehr da.",
  readOnly: "Dieses Postfach kann nur gelesen werden.",
  flagged: (uniqueId) => `Nachricht UID:${uniqueId} wird bei QUIT oder SLEE gelöscht.`,
  unflagged: "Keine Nachricht wird mehr gelöscht.",
  deletedNow: (uniqueId) => `Nachricht gelöscht. UID:${uniqueId}`,
  systemError: "Systemfehler. Näheres steht im Protokoll des Servers.",
  partlyDeleted: (deleted, all) =>
    `Die Festplatte ist voll. Gelöscht: ${deleted} von ${messages(all)}.`,

  notLoggedInGoodbye: "Die Verbindung endet ohne Anmeldung.",
  goodbye: (count) => `${messages(count)} gelöscht. Die Verbindung endet.`,
  loggedOut: "Abgemeldet. Sie können sich neu anmelden oder gehen.",
  asleep: (count) => `Zzzzz. ${messages(count)} gelöscht.`,
  welcomeBack: "Willkommen zurück.",

  inUse: "Eine andere Sitzung hat dieses Postfach.",
  inUseByProgram: "Ein anderes Programm hat dieses Postfach.",
  beingWritten: "Ein anderes Programm schreibt gerade in dieses Postfach.",
  beingDeleted: "Eine andere Sitzung löscht gerade in diesem Postfach.",
  changedNothingDeleted:
    "Eine Nachricht hat sich seit der Anmeldung geändert; nichts wurde gelöscht.",
  messageChanged: "Diese Nachricht hat sich seit der Anmeldung geändert.",
  messageUnreadable: "Diese Nachricht kann nicht gelesen werden.",
  mailboxClosed: "Das Postfach kann nicht geöffnet werden.",
  nobodyNow: "Zurzeit kann sich niemand anmelden. Bitte später noch einmal.",
  notSomebodyElse: "Niemand darf sich als jemand anderes anmelden.",
  slowHash: "Die Prüfung des Passworts dauert zu lange.",
  tooManyLogins: "Zu viele Anmeldungen zugleich. Bitte später noch einmal.",
};

function messages(count: number): string {
  return count === 1 ? "1 Nachricht" : `${count} Nachrichten`;
}
