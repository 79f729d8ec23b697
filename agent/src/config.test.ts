import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { agentHome, cliHome, newAgentHome, packageFolder, readSettings, readUrl, SettingsError } from "./config.ts";

let folder: string;

beforeEach(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), "tidegate config ")));
	for (const name of ["TIDEGATE_HOME", "TIDEGATE_AGENT_HOME", "TIDEGATE_URL", "TIDEGATE_API_KEY", "XDG_DATA_HOME"]) vi.stubEnv(name, "");
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true, force: true });
});

function settings(home: string, content: unknown): string {
	mkdirSync(home, { recursive: true });
	writeFileSync(join(home, "config.json"), typeof content === "string" ? content : JSON.stringify(content));
	return home;
}
const stored = { url: "http://localhost:7411/", apiKey: "tg_stored", workspaceId: "w" };

describe("the CLI's home", () => {
	it("is TIDEGATE_HOME before the nearest folder above, and that before the checkout", () => {
		const deep = join(folder, "a/b/c");
		mkdirSync(deep, { recursive: true });
		expect(cliHome(deep)).toBe(join(packageFolder, "..", ".tidegate", "cli"));
		settings(join(folder, ".tidegate/cli"), stored);
		expect(cliHome(deep)).toBe(join(folder, ".tidegate/cli"));
		settings(join(folder, "a/.tidegate/cli"), stored);
		expect(cliHome(deep)).toBe(join(folder, "a/.tidegate/cli"));
		vi.stubEnv("TIDEGATE_HOME", join(folder, "named"));
		expect(cliHome(deep)).toBe(join(folder, "named"));
	});
});

describe("the agent's home", () => {
	it("is the option before TIDEGATE_AGENT_HOME, and that before the user's data folder", () => {
		expect(newAgentHome()).toBe(join(homedir(), ".local/share/tidegate/agent"));
		vi.stubEnv("TIDEGATE_AGENT_HOME", join(folder, "env"));
		expect(agentHome()).toBe(join(folder, "env"));
		expect(agentHome(join(folder, "option"))).toBe(join(folder, "option"));
	});
});

describe("the home of an agent that is there", () => {
	it("is found from inside the folder that holds it, as the CLI's is, and a new agent is never put there", () => {
		const deep = join(folder, "a/b");
		mkdirSync(deep, { recursive: true });
		const home = join(folder, ".tidegate/agent");
		mkdirSync(home, { recursive: true });
		expect(agentHome(undefined, deep)).not.toBe(home);
		writeFileSync(join(home, "identity.json"), "{}");
		expect(agentHome(undefined, deep)).toBe(home);
		expect(newAgentHome()).not.toBe(home);
		vi.stubEnv("TIDEGATE_AGENT_HOME", join(folder, "env"));
		expect(agentHome(undefined, deep)).toBe(join(folder, "env"));
	});
});

describe("settings", () => {
	it("come from config.json, without the slash at the end of the URL", () => {
		expect(readSettings(settings(folder, stored))).toEqual({ ...stored, url: "http://localhost:7411" });
	});

	it("give way to the environment, and then the workspace is not the file's any more", () => {
		settings(folder, stored);
		vi.stubEnv("TIDEGATE_API_KEY", "tg_other");
		vi.stubEnv("TIDEGATE_URL", "https://example.com");
		expect(readSettings(folder)).toEqual({ url: "https://example.com", apiKey: "tg_other", workspaceId: null });
	});

	it.each(["notaurl", "file:///etc", "http://["])("refuse an address that is none: %s", (url) => {
		vi.stubEnv("TIDEGATE_URL", url);
		expect(() => readSettings(settings(folder, stored))).toThrow(`TIDEGATE_URL is no http(s) address: ${url}`);
		expect(() => readUrl(folder)).toThrow(SettingsError);
	});

	it("that are missing say which file and which variables", () => {
		expect(() => readSettings(folder)).toThrow(SettingsError);
		expect(() => readSettings(folder)).toThrow(/not signed in: .*config\.json.*\n.*npm start.*TIDEGATE_URL and TIDEGATE_API_KEY/);
		vi.stubEnv("TIDEGATE_URL", "https://example.com");
		expect(() => readSettings(folder)).toThrow(/set TIDEGATE_API_KEY\.$/);
	});

	it("of a file never get a key from the environment: the file may have come with a repository", () => {
		settings(folder, stored);
		vi.stubEnv("TIDEGATE_API_KEY", "tg_other");
		expect(() => readSettings(folder)).toThrow(/TIDEGATE_URL is not/);
	});

	it("that are broken say which file", () => {
		expect(() => readSettings(settings(folder, "{"))).toThrow(/config\.json is no JSON object/);
		expect(() => readSettings(settings(folder, "3"))).toThrow(/config\.json is no JSON object/);
	});
});
