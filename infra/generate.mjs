// `prisma generate` without Prisma's schema engine: generating asks only that the file exists, and the engine
// itself is a download that closed networks block.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { binDir, childEnv, root } from "./config.mjs";

const nothing = ["/bin/true", "/usr/bin/true"].find((file) => fs.existsSync(file));
const env = childEnv({ PRISMA_SCHEMA_ENGINE_BINARY: nothing, PRISMA_HIDE_UPDATE_MESSAGE: "1", CHECKPOINT_DISABLE: "1" });
const done = spawnSync(path.join(binDir, "prisma"), ["generate", "--config", "prisma/config.ts"], { cwd: root, env, stdio: "inherit" });
process.exitCode = done.status ?? 1;
