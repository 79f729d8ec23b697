// Where `npm start` keeps things. README and the CLI name some of these: .tidegate/cli is the CLI's home.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { binDir, startLock, stateDir } from "../config.mjs";

export const places = {
	lock: startLock,
	postgres: path.join(stateDir, "postgres"),
	logs: path.join(stateDir, "logs"),
	/** Who the parts are, for the start after a kill -9. */
	controlPlaneNote: path.join(stateDir, "parts", "control-plane.json"),
	agentNote: path.join(stateDir, "parts", "agent.json"),
	cli: path.join(stateDir, "cli"),
	agent: path.join(stateDir, "agent"),
	secret: path.join(stateDir, "secret"),
};

/** The command that people run, on their own Node. */
export const tidegate = path.join(binDir, "tidegate");

/** What the control plane signs sessions and tokens with: 64 hex digits, made once. */
export function serverSecret(): string {
	try {
		return fs.readFileSync(places.secret, "utf8").trim();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
	const secret = randomBytes(32).toString("hex");
	fs.writeFileSync(places.secret, `${secret}\n`, { mode: 0o600 });
	return secret;
}
