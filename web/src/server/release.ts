/** Which release this server is, as package.json has it: agents that are older are told from it. */
import { readFileSync } from "node:fs";

export const release: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
