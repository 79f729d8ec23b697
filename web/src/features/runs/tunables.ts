/** The lifecycle's constants, each with the reason for its value. */

/** How long an assignment may go without a word from its agent before it goes back to the queue: a lost poll answer costs no more than this. Milliseconds. */
export const UNTAKEN_AFTER = 10_000;
/** Attempts that may end as lost before the run fails: a flow that takes its machine down must not go round the fleet for ever. */
export const MAX_LOST = 5;
/** Assignments in one poll answer: with parameters of 1 MiB each they fit into one body. An agent with more free slots asks again at once. */
export const MAX_CLAIM = 24;
