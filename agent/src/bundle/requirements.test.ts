import { expect, it } from "vitest";
import { checkRequirements } from "./requirements.ts";

it.each([
	["panda s>=1", 'requirements.txt, line 1: "panda s>=1" is no requirement'],
	["numpy\n# two\n\npandas=2", 'line 4: "pandas=2"'],
	["numpy >= 1, \\\n  < 2\npandas => 2", 'line 3: "pandas => 2"'],
	["numpy \\\n  one", 'line 1: "numpy one"'],
	["numpy==", '"numpy=="'],
	["numpy 2", '"numpy 2"'],
	["_numpy", '"_numpy"'],
	["numpy[fast", '"numpy[fast"'],
	["import numpy", '"import numpy"'],
	["numpy, pandas", '"numpy, pandas"'],
	["numpy>=1 <2 \\", '"numpy>=1 <2"'],
])("refuses what no installer takes, with file and line: %j", (text, said) => {
	expect(() => checkRequirements(text, "requirements.txt, line")).toThrow(said);
});

it("takes all that an installer may take", () => {
	const lines = [
		"\ufeff# packages",
		"numpy",
		"  pandas >= 2 , < 3  # tables",
		"scikit-learn~=1.5.0\r",
		"ruamel.yaml (>=0.18)",
		"zope.interface===1.0-odd",
		"uvicorn[standard, extra_1]>=0.30",
		"torch==2.4.0+cu121",
		"pytz!=2024.1,>=2023.*,",
		"tzdata; sys_platform == 'win32' and python_version >= \"3.9\"",
		'colorama>=1;python_version<"3.12"',
		"requests==2.32.0 \\",
		"    --hash=sha256:aa \\",
		"    --hash=sha256:bb",
		"epoch>=1!2.0",
		"-r https://example.com/more.txt",
		"--extra-index-url https://example.com/simple",
		"--index-url=https://example.com/simple",
		"--find-links https://example.com/wheels/",
		"-f /opt/wheels",
		"--no-binary :all:",
		"--pre",
		"--require-hashes",
		"-e git+https://example.com/x.git#egg=x",
		"https://example.com/own-1.0-py3-none-any.whl",
		"own[dev] @ git+ssh://git@example.com/own.git",
		"git+https://example.com/x.git@main#egg=x",
		"own @ https://example.com/own-1.0.tar.gz",
		`https://\${TOKEN}@example.com/own.zip`,
		`\${OWN}`,
		"# a comment never goes on \\",
		"attrs",
		"",
	];
	expect(() => checkRequirements(lines.join("\n"), "requirements.txt, line")).not.toThrow();
});

it.each([
	"-r base.txt",
	"-rbase.txt",
	"-r /etc/passwd",
	"-r file:///etc/passwd",
	"--requirement=../base.txt",
	"--requirement base.txt",
	"-c constraints.txt",
	"--constraint=constraints.txt",
])("refuses a list in another file, which the agent would not have: %s", (line) => {
	expect(() => checkRequirements(`numpy\n\n${line}  # more`, "requirements.txt, line")).toThrow(
		`requirements.txt, line 3: "${line}" names another file, which no agent has beside it: list the packages here themselves.`,
	);
});

it.each([
	".",
	".[dev]",
	"./pkg",
	"../pkg[dev]",
	"/opt/pkg",
	"~/pkg",
	"-e .",
	"--editable=./pkg",
	"pkg/",
	"file:pkg",
	"own @ file:///opt/own",
	"own @ ./own",
	"git+file:///opt/own",
	"wheels/own-1.0-py3-none-any.whl",
	"own-1.0-py3-none-any.whl",
	"own-1.0.tar.gz",
])("refuses a path, at which the agent would have nothing: %s", (line) => {
	expect(() => checkRequirements(`numpy\n${line}`, "requirements.txt, line")).toThrow(`requirements.txt, line 2: "${line}" is a path`);
});
