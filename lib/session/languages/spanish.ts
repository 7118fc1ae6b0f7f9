/** The texts of replies in Spanish. */
import type { Texts } from "./text.ts";

export const spanish: Texts = {
  unknownCommand: (verb) => `Orden desconocida: ${verb}`,
  notAvailable: "Esta orden no está disponible aquí.",
  emptyLine: "La línea de la orden está vacía.",
  lineTooLong: "La línea de la orden es demasiado larga.",
  notText: "Sintaxis incorrecta. Una orden es ASCII imprimible; su argumento puede ser UTF-8.",
  takesNoArgument: (verb) => `Sintaxis incorrecta. ${verb} no lleva argumento.`,
  takesMessage: (verb) => `Sintaxis incorrecta. ${verb} lleva el número de un mensaje o UID:<UID>.`,
  topTakes:
    "Sintaxis incorrecta. TOP lleva el número de un mensaje o UID:<UID>, y un número de líneas.",
  apopTakes:
    "Sintaxis incorrecta. APOP lleva un nombre de usuario y un resumen MD5 de 32 dígitos hexadecimales.",
  xlogTakes: "Sintaxis: XLOG (usuario) (contraseña)",

  authenticateFirst: "Identifíquese primero.",
  alreadyLoggedIn: "Ya está identificado.",
  onlyAwake: "Orden no permitida durante el sueño. (Solo NOOP, QUIT o WAKE.)",
  alreadyAwake: "Ya está despierto.",
  sessionOver: "La sesión ha terminado.",
  notPop3: "Este servidor habla POP3.",

  beginTls: "Puede comenzar la negociación TLS.",
  alreadySecure: "La conexión ya está cifrada.",
  stlsFirst: "Cifre primero la conexión con STLS.",

  sendPassword: "Gracias. Envíe la contraseña.",
  alreadyCalledUser: "USER ya se ha enviado.",
  invalidUsername: "Nombre de usuario no válido.",
  userFirst: "USER va antes de PASS.",
  mechanismsFollow: "Siguen los mecanismos...",
  noSuchMechanism: (known) => `Ese mecanismo no existe. Disponibles: ${known}`,
  notBase64: "Una respuesta debe ser base64.",
  authenticationCancelled: "Identificación cancelada.",
  authenticationRefused: "Identificación rechazada.",
  wrongPassword: "Nombre de usuario o contraseña incorrectos.",
  loginOver: "Su identificación ya no es válida. Envíe QUIT e identifíquese de nuevo.",
  loginDelay: (seconds) =>
    `Acaba de identificarse. Inténtelo de nuevo en ${
      seconds === 1 ? "1 segundo" : `${seconds} segundos`
    }.`,
  badUniqueIds: "Un UID solo puede contener ASCII imprimible.",
  sameUniqueId: "Dos mensajes de este buzón tienen el mismo identificador.",
  welcome: "Bienvenido.",

  utf8: "UTF-8 activado.",
  languagesFollow: "Siguen los idiomas...",
  languageChosen: (tag) => `${tag} El idioma es el español.`,
  noSuchLanguage: "Ese idioma no se conoce aquí. LANG sin argumento los muestra todos.",

  capabilitiesFollow: "Siguen las capacidades...",
  noop: "Aquí solo estamos los servicios POP3.",
  sizesFollow: "Siguen los tamaños de los mensajes...",
  uniqueIdsFollow: "Siguen los UID...",
  messageFollows: "Sigue el mensaje...",
  headFollows: (lines) => {
    if (lines === 0) return "Sigue la cabecera...";
    const first = lines === 1 ? "la primera línea" : `las primeras ${lines} líneas`;
    return `Siguen la cabecera y ${first}...`;
  },
  noSuchMessage: "Ese mensaje no existe.",
  noSuchUid: "Ese UID no existe.",
  messageDeleted: "Ese mensaje está borrado.",
  messageGone: "Ese mensaje ya no está.",
  readOnly: "Este buzón es de solo lectura.",
  flagged: (uniqueId) => `El mensaje UID:${uniqueId} se borrará con QUIT o SLEE.`,
  unflagged: "Ya no se borrará ningún mensaje.",
  deletedNow: (uniqueId) => `Mensaje borrado. UID:${uniqueId}`,
  systemError: "Error del sistema. Consulte el registro del servidor.",
  partlyDeleted: (deleted, all) => `El disco está lleno. Mensajes borrados: ${deleted} de ${all}.`,

  notLoggedInGoodbye: "Se cierra la conexión sin identificación.",
  goodbye: (count) => `${messagesDeleted(count)}. Se cierra la conexión.`,
  loggedOut: "Sesión cerrada. Puede identificarse de nuevo o salir.",
  asleep: (count) => `Zzzzz. ${messagesDeleted(count)}.`,
  welcomeBack: "Bienvenido de nuevo.",

  inUse: "Otra sesión está usando este buzón.",
  inUseByProgram: "Otro programa está usando este buzón.",
  beingWritten: "Otro programa está escribiendo en este buzón.",
  beingDeleted: "Otra sesión está borrando en este buzón.",
  changedNothingDeleted: "Un mensaje ha cambiado desde la identificación; no se ha borrado nada.",
  messageChanged: "Ese mensaje ha cambiado desde la identificación.",
  messageUnreadable: "Ese mensaje no se puede leer.",
  mailboxClosed: "No se puede abrir su buzón.",
  nobodyNow: "Ahora nadie puede identificarse. Inténtelo más tarde.",
  notSomebodyElse: "Nadie puede identificarse como otra persona.",
  slowHash: "La comprobación de su contraseña tarda demasiado.",
  tooManyLogins: "Demasiadas identificaciones a la vez. Inténtelo más tarde.",
};

function messagesDeleted(count: number): string {
  return count === 1 ? "1 mensaje borrado" : `${count} mensajes borrados`;
}
