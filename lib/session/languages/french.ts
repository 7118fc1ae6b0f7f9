/** The texts of replies in French. */
import type { Texts } from "./text.ts";

export const french: Texts = {
  unknownCommand: (verb) => `Commande inconnue : ${verb}`,
  notAvailable: "Cette commande n'est pas disponible ici.",
  emptyLine: "La ligne de commande est vide.",
  lineTooLong: "La ligne de commande est trop longue.",
  notText:
    "Syntaxe incorrecte. Une commande est en ASCII imprimable ; son argument peut être en UTF-8.",
  takesNoArgument: (verb) => `Syntaxe incorrecte. ${verb} ne prend pas d'argument.`,
  takesMessage: (verb) => `Syntaxe incorrecte. ${verb} prend le numéro d'un message ou UID:<UID>.`,
  topTakes:
    "Syntaxe incorrecte. TOP prend le numéro d'un message ou UID:<UID>, et un nombre de lignes.",
  apopTakes:
    "Syntaxe incorrecte. APOP prend un nom d'utilisateur et un condensé MD5 de 32 chiffres hexadécimaux.",
  xlogTakes: "Syntaxe : XLOG (utilisateur) (mot de passe)",

  authenticateFirst: "Veuillez d'abord vous identifier.",
  alreadyLoggedIn: "Vous êtes déjà identifié.",
  onlyAwake: "Commande impossible en sommeil. (Seulement NOOP, QUIT ou WAKE.)",
  alreadyAwake: "Vous êtes déjà réveillé.",
  sessionOver: "La session est terminée.",
  notPop3: "Ce serveur parle POP3.",

  beginTls: "La négociation TLS peut commencer.",
  alreadySecure: "La connexion est déjà chiffrée.",
  stlsFirst: "Chiffrez d'abord la connexion avec STLS.",

  sendPassword: "Merci. Envoyez le mot de passe.",
  alreadyCalledUser: "USER a déjà été envoyé.",
  invalidUsername: "Nom d'utilisateur non valable.",
  userFirst: "USER doit précéder PASS.",
  mechanismsFollow: "Voici les mécanismes...",
  noSuchMechanism: (known) => `Ce mécanisme n'existe pas. Disponibles : ${known}`,
  notBase64: "Une réponse doit être en base64.",
  authenticationCancelled: "Identification annulée.",
  authenticationRefused: "Identification refusée.",
  wrongPassword: "Nom d'utilisateur ou mot de passe incorrect.",
  loginOver: "Votre identification n'est plus valable. Envoyez QUIT et identifiez-vous à nouveau.",
  loginDelay: (seconds) =>
    `Vous venez de vous identifier. Réessayez dans ${seconds} seconde${plural(seconds)}.`,
  badUniqueIds: "Un UID ne peut contenir que de l'ASCII imprimable.",
  sameUniqueId: "Deux messages de cette boîte ont le même identifiant.",
  welcome: "Bienvenue.",

  utf8: "UTF-8 activé.",
  languagesFollow: "Voici les langues...",
  languageChosen: (tag) => `${tag} La langue est le français.`,
  noSuchLanguage: "Cette langue n'est pas connue ici. LANG seul les affiche toutes.",

  capabilitiesFollow: "Voici les capacités...",
  noop: "Il n'y a ici que nous, les services POP3.",
  sizesFollow: "Voici les tailles des messages...",
  uniqueIdsFollow: "Voici les UID...",
  messageFollows: "Voici le message...",
  headFollows: (lines) => {
    if (lines === 0) return "Voici l'en-tête...";
    const first = lines === 1 ? "la première ligne" : `les ${lines} premières lignes`;
    return `Voici l'en-tête et ${first}...`;
  },
  noSuchMessage: "Ce message n'existe pas.",
  noSuchUid: "Cet UID n'existe pas.",
  messageDeleted: "Ce message est supprimé.",
  messageGone: "Ce message n'est plus là.",
  readOnly: "Cette boîte est en lecture seule.",
  flagged: (uniqueId) => `Le message UID:${uniqueId} sera supprimé à QUIT ou SLEE.`,
  unflagged: "Plus aucun message ne sera supprimé.",
  deletedNow: (uniqueId) => `Message supprimé. UID:${uniqueId}`,
  systemError: "Erreur du système. Voyez le journal du serveur.",
  partlyDeleted: (deleted, all) =>
    `Le disque est plein. Messages supprimés : ${deleted} sur ${all}.`,

  notLoggedInGoodbye: "Fin de la connexion sans identification.",
  goodbye: (count) => `${messagesDeleted(count)}. Fin de la connexion.`,
  loggedOut: "Session fermée. Vous pouvez vous identifier à nouveau ou partir.",
  asleep: (count) => `Zzzzz. ${messagesDeleted(count)}.`,
  welcomeBack: "Bon retour.",

  inUse: "Une autre session utilise cette boîte.",
  inUseByProgram: "Un autre programme utilise cette boîte.",
  beingWritten: "Un autre programme écrit dans cette boîte.",
  beingDeleted: "Une autre session supprime dans cette boîte.",
  changedNothingDeleted: "Un message a changé depuis l'identification ; rien n'a été supprimé.",
  messageChanged: "Ce message a changé depuis l'identification.",
  messageUnreadable: "Ce message ne peut pas être lu.",
  mailboxClosed: "Votre boîte ne peut pas être ouverte.",
  nobodyNow: "Personne ne peut s'identifier pour le moment. Réessayez plus tard.",
  notSomebodyElse: "Nul ne peut s'identifier pour un autre.",
  slowHash: "La vérification de votre mot de passe prend trop de temps.",
  tooManyLogins: "Trop d'identifications à la fois. Réessayez plus tard.",
};

/** French counts nothing in the singular. */
function plural(count: number): string {
  return count < 2 ? "" : "s";
}

function messagesDeleted(count: number): string {
  return `${count} message${plural(count)} supprimé${plural(count)}`;
}
