/** Which release this is, as package.json has it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../config.ts";

export const version: string = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")).version;
