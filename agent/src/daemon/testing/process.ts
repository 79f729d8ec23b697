/** The agent as a process of its own, for tests that kill it: `node process.ts HOME SLOTS`. */
import { start } from "../start.ts";

const [home = "", slots = "1"] = process.argv.slice(2);
process.exitCode = await start({ home, slots: Number(slots) });
