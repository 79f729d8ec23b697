import { execFileSync, spawnSync } from "node:child_process";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import define from "./commands/completion.ts";
import pool from "./commands/pool.ts";
import { Session } from "./session.ts";

/** What the command prints for a shell, of a program with a few commands of ours. */
function script(shell: string): string {
	const program = new Command("tidegate").exitOverride();
	const session = new Session();
	pool(program.command("pool").description("create and list pools; it's quoted"), session);
	define(program.command("completion").description("print a script"), session);
	let printed = "";
	const write = process.stdout.write;
	process.stdout.write = ((text: string) => {
		printed += text;
		return true;
	}) as typeof write;
	try {
		program.parse(["completion", shell], { from: "user" });
	} finally {
		process.stdout.write = write;
	}
	return printed;
}

/** What bash offers after these words. */
function offered(...words: string[]): string[] {
	const line = words.map((word) => `'${word}'`).join(" ");
	const ask = `${script("bash")}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _tidegate; printf '%s\\n' "\${COMPREPLY[@]}"`;
	return execFileSync("bash", ["--norc", "-c", ask], { encoding: "utf8" }).trim().split("\n");
}

describe("completion", () => {
	it("offers commands, then their subcommands, then their options, in bash", () => {
		expect(offered("tidegate", "")).toEqual(["pool", "completion", "--help"]);
		expect(offered("tidegate", "pool", "cr")).toEqual(["create"]);
		expect(offered("tidegate", "pool", "create", "gpu", "--le")).toEqual(["--lease"]);
	});

	it.each(["zsh", "fish"])("is a script that %s can read, where it is installed", (shell) => {
		const text = script(shell);
		expect(text).toContain("it'\\''s quoted");
		const parsed = spawnSync(shell, ["-n"], { input: text, encoding: "utf8" });
		if (parsed.error === undefined) expect(parsed).toMatchObject({ status: 0, stderr: "" });
	});

	it("refuses a shell that it does not know", () => {
		expect(() => script("tcsh")).toThrow(/tcsh/);
	});
});
