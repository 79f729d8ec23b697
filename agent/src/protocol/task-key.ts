/** A task's key for people: `train[3]` for `train#0[3]`, since only a second call of the same task has to be told from the first. */
export const plainKey = (key: string): string => key.replaceAll(/#0(?!\d)/g, "");
