/** The version of this program; a test holds it equal to package.json. */
export const VERSION = '0.2.0';

/** The day of this version, for manuals: the day of a build would make each build another one. */
export const RELEASED = '2026-11-30';
