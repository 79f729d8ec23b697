/**
 * Sealed bytes of one kind of row in one answer. An agent may send 256 KiB with each of thousands; the newest or first go along, since an answer is held in
 * memory as a whole and all workspaces share that. Tasks and executions past them are told without their content; artifacts, waits and marks past them are
 * left out. What flows tell of themselves is a hundredth.
 */
export const MAX_SEALED = 8 * 1024 * 1024;
/** A sum that tells, row by row, how much came before: taken where it is within MAX_SEALED. */
export const sealedBefore = (bytes: string, order: string): string => `sum(${bytes}) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)`;
