/** Seconds from accept to login that the soak's server allows. */
export const LOGIN_SECONDS = 5;
