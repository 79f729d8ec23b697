import type { Outputs } from "../../../browser/api.ts";

export type Member = Outputs["members"]["list"]["members"][number];
