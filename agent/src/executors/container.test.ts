import { expect, test } from "vitest";
import { command, isImage, leftOver, refusal } from "./container.ts";

const order = {
	...{
		run: "r",
		execution: 2,
		folder: "/h/runs/r.2",
		cwd: "/h/runs/r.2/project",
		command: ["python3", "-u", "/h/sdk/start.py"] as [string, ...string[]],
	},
	environment: {
		NODE_ENV: "test",
		PATH: "/host",
		LD_PRELOAD: "x",
		PYTHONHOME: "x",
		PYTHONPATH: "/h/sdk",
		DOCKER_HOST: "y",
		LANG: "C",
		DB_PASSWORD: "hush",
	} as const,
	container: { image: "a/b:1", agent: "ag", memory: 1024, cpu: 0.5, gpus: ["0", "2"], mounts: [{ path: "/h,x", writable: false }] },
};

test("docker gets names of variables and no values, limits, labels and the user, and nothing that says where on the host things are", () => {
	const given = command(order, "7:8");
	const after = (word: string): string[] => given.flatMap((one, index) => (given[index - 1] === word ? [one] : []));
	expect(after("--env")).toEqual(["DB_PASSWORD", "LANG", "NODE_ENV", "PYTHONPATH", "TIDEGATE_EXECUTION", "TIDEGATE_RUN", "HOME=/tmp"]);
	expect(given.join(" ")).not.toContain("hush");
	expect(after("--label")).toEqual(["tidegate.agent=ag", "tidegate.execution=r.2"]);
	expect([after("--name"), after("--user"), after("--memory"), after("--cpus"), after("--gpus")].flat()).toEqual([
		"tidegate-r.2",
		"7:8",
		"1024",
		"0.5",
		'"device=0,2"',
	]);
	expect(after("--mount")).toEqual(['type=bind,"src=/h,x","dst=/h,x",readonly']);
	expect(given.slice(-4)).toEqual(["python3", "a/b:1", "-u", "/h/sdk/start.py"]);
});

test("what is no image never reaches docker's command line", () => {
	for (const good of ["python", "python:3.12-slim", "localhost:5000/team/x:tag", `ghcr.io/a/b@sha256:${"0".repeat(64)}`])
		expect(isImage(good), good).toBe(true);
	for (const bad of ["", "--privileged", "a b", "A", "x:", "x;y", "x\n", "/x", 3, null]) expect(isImage(bad), String(bad)).toBe(false);
});

test("containers that no execution holds are left over, those of others are not", () => {
	expect(leftOver("1 r.1\n2 r.2\n3\n\n", new Set(["r.1"]))).toEqual(["2"]);
});

test("docker's own words are the reason, and a flow's own exit with the same code is not", () => {
	const errors =
		"Unable to find image 'x:latest' locally\ndocker: Error response from daemon: no such host\n\nRun 'docker run --help' for more information\n";
	expect(refusal({ code: 125 }, "x", errors)?.message).toBe("no container of the image x began: Error response from daemon: no such host");
	expect(refusal({ code: 125 }, "x", "I say docker: no\n")).toBeNull();
	expect(refusal({ code: 1 }, "x", errors)).toBeNull();
	expect(refusal({ signal: "SIGKILL" }, "x", errors)).toBeNull();
});
