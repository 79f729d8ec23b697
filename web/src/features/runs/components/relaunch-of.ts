/** Links a run to the one that it was made from. Both ids are clear anyway, so that the label tells nobody anything new. */
export const RELAUNCH_OF = "relaunch-of";
