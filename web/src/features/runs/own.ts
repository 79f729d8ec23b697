/** Of a run: that it says how its flow goes. A hook's run, and one that does a single task elsewhere, say it of their parents. */
export const OWN = "r.hook IS NULL AND r.step IS NULL";
