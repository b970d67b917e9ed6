// When this program was built: put in by the build. A clock that shows less is not set.

declare const __DOORPHONE_BUILT__: string;

/** Run from its sources it was never built: then any clock is right. */
export const builtAt = new Date(typeof __DOORPHONE_BUILT__ === 'string' ? __DOORPHONE_BUILT__ : 0);
