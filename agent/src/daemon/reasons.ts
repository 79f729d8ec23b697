/** Why the preparation of an execution was ended. */

/** Somebody cancelled the run. */
export class Cancelled extends Error {}
/** It cannot end well any more. */
export class Failed extends Error {}
/** The agent ends. */
export class Left extends Error {}
