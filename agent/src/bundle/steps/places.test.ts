/** What the compiler accepts is run by a real bash, with values that would leave a mark if any of it were read as a command. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseScript, type Script } from "./templates.ts";

/** How many, and which: by hand, 25,000 at a time of other seeds. */
const SCRIPTS = 1_000;
const SEED = 20261126;

/** A command was run where the file M is there afterwards. */
const POISONS = [
	"$(>M)",
	"`>M`",
	"a[$(>M)]",
	"; >M #",
	"' ; >M ; '",
	'" ; >M ; "',
	"x\n>M\n",
	">M",
	"-va[$(>M)]",
	"-v a[$(>M)]",
	"-c",
	"-v",
	"v",
	"c",
	"eval",
	"val",
	"x) >M ;; esac; >M",
	"}; >M",
	"sh -c >M",
	"a[$(>M)]=1",
	"BASH_ENV=$(>M)",
	"E\n>M\n",
];

/** Written with two spaces between them. */
const apart = (all: string): string[] => all.split(/ {2}|\n/);
/** A @ is a place where a value may stand. */
const texts = (...all: string[]) => fc.constantFrom(...all);
const { script } = fc.letrec<Record<"word" | "inner" | "simple" | "redirect" | "compound" | "pipe" | "list" | "script", string>>((tie) => {
	const join = (...parts: (fc.Arbitrary<string> | string)[]) =>
		fc.tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part))).map((all) => all.join(""));
	const words = fc.array(tie("word"), { maxLength: 3, depthIdentifier: "w" }).map((all) => all.join(" "));
	const list = tie("list");
	// A function that calls itself would be a fork bomb.
	const body = list.map((text) => (/f\(\)|function f/.test(text) ? "w" : text.replace(/(?<![\w$-])f(?![\w=])/g, "g")));
	const name = texts(
		...apart(`echo  echo  echo  echo  printf  printf '%s'  cat  cat  true  :  eval  let  declare w  export w  local w  read -r  unset  env echo  timeout 5
command  builtin  sh  bash  bash -c  sh -s  xargs  xargs -I@@ sh -c @@  xargs sh  trap  source  . /dev/stdin  f  f  @  e@  $w  set --  test  test -n
test -v  v=@  v=@ env echo  declare -i w  declare v=@  export v=@  env v=@ echo  exec  \\eval  'ev'al  nice -n 5 bash  env sh  time  time -p  !  mapfile -t
wait  shift  return  exit  hash  type`),
	);
	return {
		word: fc.oneof(
			{ maxDepth: 4, depthIdentifier: "w", withCrossShrink: true },
			texts(
				...apart(`@  @  "@"  a@  @b  "a @ b"  --flag=@  "path/@/y"  -@  "-@"  a  -v  -c  -n  -  =  'q'  'a"b'  $'q\\'@'  $'q'  $w  "$w"  \${w}  "\${w:-@}"
\${w#@}  "\${w%'"'}"  "\${w:-'}"  \${#w}  $#  $$  $((1+@))  $((w))  $[1]  \\@  \\"  \\'  \\\\  [ab]@  {a,@}  x#y  ~@  w[0]  w[@]  "it's"  v=@  v=(a @)
v=([0]=@)  w['a']=@  a=b  '  "`),
				..."a\\\nb,$\\\n@".split(","),
			),
			join("$(", tie("inner"), ")"),
			join('"$(', tie("inner"), ')"'),
			join("`", tie("inner"), "`"),
			join('"`', tie("inner"), '`"'),
			join('"a', tie("word"), '"'),
			join("<(", tie("inner"), ")"),
		),
		inner: fc.oneof({ depthIdentifier: "w" }, tie("simple"), tie("list")),
		redirect: fc.oneof(
			{ maxDepth: 3, depthIdentifier: "w" },
			texts(
				...apart("</dev/null  >/dev/null  2>&1  <@  >o@  <<<w  &>o  >|o"),
				..."<<E\nit's @\nE\n|<<'E'\n\"@\nE\n|<<-E\n\t`:`\n\tE\n|<<E\na\\\nE\nE\n".split("|"),
			).map((text) => ` ${text}`),
			join(" < <(", tie("inner"), ")"),
			join(" > >(", tie("inner"), ")"),
			join(" > >(sh)"),
		),
		simple: fc.oneof(
			{ maxDepth: 4, depthIdentifier: "c", withCrossShrink: true },
			{ weight: 8, arbitrary: join(name, " ", words) },
			{ weight: 2, arbitrary: join(name, " ", words, tie("redirect")) },
			join(tie("redirect"), " ", name, " ", words),
			join("[ ", words, " ]"),
			join("[[ -n ", tie("word"), " ]]"),
			join("v=", tie("word")),
			join("v=", tie("word"), " ", name, " ", words),
			join("v[0]=", tie("word")),
			join("v=(", words, ")"),
			texts("((w))", "((w=@))", "w['x']=1", "v+=@", "shopt -s extglob"),
		),
		compound: fc.oneof(
			{ maxDepth: 4, depthIdentifier: "c", withCrossShrink: true },
			join("{ ", list, "; }"),
			join("( ", list, " )"),
			join("(", list, ")"),
			join("if ", list, "; then ", list, "; fi"),
			join("if ", list, "\nthen ", list, "\nelse ", list, "\nfi"),
			join("for v in ", words, "; do ", list, "; done"),
			join("for ((n=0; n<1; n++)) do ", list, "; done"),
			join("for v do ", list, "; done"),
			join("while ", list, "; do ", list, "; break; done"),
			join("while read -r v; do ", list, "; done"),
			join("until true; do ", list, "; done"),
			join("case ", tie("word"), " in ", texts("a", "@", "*", "(*", "a|sh", "[ab]*"), ") ", list, ";; *) ", list, ";; esac"),
			join("time { ", list, "; }"),
			join("f() { ", body, "; }"),
			join("f() { ", body, "; }; f"),
			join("f() { ", body, "; }; f | ", name),
			join("f() { ", body, "; }; ", tie("pipe"), " | f"),
			join("function f { ", body, "; }; f"),
			join("f() ( ", body, " ); f"),
			join("coproc ", tie("simple")),
		),
		pipe: fc.oneof(
			{ maxDepth: 4, depthIdentifier: "c", withCrossShrink: true },
			{ weight: 6, arbitrary: tie("simple") },
			{ weight: 2, arbitrary: tie("compound") },
			{ weight: 2, arbitrary: join(tie("pipe"), texts(" | ", " |& ", " |\n", " |\\\n"), tie("pipe")) },
			join(
				tie("pipe"),
				" | ",
				texts(
					...apart(`sh  bash -e  cat  cat | sh  xargs  xargs -n1 sh -c  xargs -I% sh -c 'echo %'  env bash  (cat | sh)  { cat | sh; }  timeout 5 sh
while read -r v; do sh; done`),
				),
			),
			join(tie("compound"), tie("redirect")),
		),
		list: fc.oneof(
			{ maxDepth: 4, depthIdentifier: "c", withCrossShrink: true },
			{ weight: 4, arbitrary: tie("pipe") },
			join(tie("pipe"), texts("; ", "\n", " && ", " || ", "\n# it's @\n", ' # " @\n'), tie("list")),
		),
		script: join(tie("list"), texts("", "", "\n", "; curl x | sh")),
	};
});

interface Case {
	text: string;
	values: string[];
}

/** Of all its places one to three hold values. */
const made = fc.tuple(script, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), fc.array(texts(...POISONS), { minLength: 3, maxLength: 3 }));

function withValues([text, places, poisons]: [string, number[], string[]]): Case {
	const parts = text.replaceAll("@@", "%").split("@");
	const chosen = new Set(places.map((place) => place % Math.max(1, parts.length - 1)));
	return { text: parts.map((part, at) => (at + 1 === parts.length ? part : part + (chosen.has(at) ? "{{ ds }}" : "w"))).join(""), values: poisons };
}

function accepted(text: string): Script | undefined {
	try {
		return parseScript(text);
	} catch {
		return undefined;
	}
}

/** As the SDK writes it. */
function shell(parts: Script): string {
	let count = 0;
	return parts.map((part) => (typeof part === "string" ? part : part.quoted ? `\${V${count++}}` : `"\${V${count++}}"`)).join("");
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** All by one bash, each in a process of its own, with a mark of its own. @returns what each wrote, and those that left their mark. */
function run(cases: Case[]): { written: string[]; marked: number[] } {
	const dir = mkdtempSync(join(tmpdir(), "places-"));
	const script = cases.map(({ text, values }, at) => {
		const parts = parseScript(text);
		const given = values.map((value, index) => `V${index}=${quoted(value.replaceAll("M", `M${at}`))}`).join(" ");
		return `(export ${given}; ulimit -t 2; set -eo pipefail; eval ${quoted(shell(parts))}) </dev/null; printf '\\1'`;
	});
	try {
		writeFileSync(join(dir, "all"), `curl() { :; }; show() { printf '<%s>' "$@"; }; FUNCNEST=9; mkdir w; cd w\n${script.join("\n")}\nprintf end`);
		const { stdout, error } = spawnSync("bash", ["all"], {
			cwd: dir,
			encoding: "utf8",
			timeout: 100_000,
			stdio: ["ignore", "pipe", "ignore"],
			maxBuffer: 2 ** 28,
		});
		if (error) throw error;
		const written = stdout.split("\x01");
		expect(written.at(-1)).toBe("end");
		return { written, marked: readdirSync(join(dir, "w")).flatMap((name) => (/^M\d+$/.test(name) ? [Number(name.slice(1))] : [])) };
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

it("a value never becomes a command where the compiler lets it stand", { timeout: 120_000 }, () => {
	const cases = fc.sample(made, { numRuns: SCRIPTS, seed: SEED }).map(withValues);
	const taken = cases.filter(({ text }) => accepted(text)?.some((part) => typeof part !== "string"));
	expect(taken.length).toBeGreaterThan(SCRIPTS / 20);
	const holes = run(taken).marked.map((at) => taken[at] as Case);
	expect(holes.sort((a, b) => a.text.length - b.text.length)).toEqual([]);
});

it("a value arrives as it is where a script gives it as a word", { timeout: 60_000 }, () => {
	const same = [
		...["show {{ ds }}", 'show "{{ ds }}" # it\'s', "show \\\n\t{{ ds }}", "show {{ ds }} | cat", "{ show {{ ds }}; } > o; cat o"],
		...['a={{ ds }}; show "$a"', 'export A={{ ds }}; show "$A"', `a=(x {{ ds }}); show "\${a[1]}"`, 'for a in {{ ds }}; do show "$a"; done'],
		...["case {{ ds }} in {{ ds }}) show {{ ds }};; esac", "if [ {{ ds }} = {{ ds }} ]; then show {{ ds }}; fi", 'f() { show "$1"; }; f {{ ds }}'],
		...[
			"printf '<%s>' {{ ds }}",
			'env A={{ ds }} bash -c \'printf "<%s>" "$A"\'',
			"cat > o <<'E'\nit's\nE\nshow {{ ds }}",
			"show {{ ds }}; curl x | sh",
		],
	];
	const ways: [string, (value: string) => string][] = [
		...same.map((text): [string, (value: string) => string] => [text, (value) => `<${value}>`]),
		["show --flag={{ ds }}", (value) => `<--flag=${value}>`],
		['show "path/{{ ds }}/y" b{{ ds }}', (value) => `<path/${value}/y><b${value}>`],
		["show \"$(printf '%s.' {{ ds }})\"", (value) => `<${value}.>`],
		["show \"`printf '%s.' {{ ds }}`\"", (value) => `<${value}.>`],
		["cat <<< {{ ds }}", (value) => `${value}\n`],
	];
	const cases = ways.flatMap(([text, expected]) => POISONS.map((value) => ({ text, values: [value, value, value], expected })));
	const { written, marked } = run(cases);
	expect(marked).toEqual([]);
	for (const [at, { text, values, expected }] of cases.entries())
		expect(written[at], text).toBe(expected((values[0] as string).replaceAll("M", `M${at}`)));
});

it("a value is refused where the shell would read commands in it, and there alone", () => {
	const refused = [
		...["echo $(( {{ ds }} + 1 ))", "((n = {{ ds }}))", "echo $[ {{ ds }} ]", '[[ "{{ ds }}" -gt 3 ]]', "echo $a[{{ ds }}]", "a[{{ ds }}]=1"],
		...[
			"let y={{ ds }}",
			"x=1 eval {{ ds }}",
			"test -v {{ ds }}",
			'[ -v "{{ ds }}" ]',
			"declare {{ ds }}",
			"declare -i n={{ ds }}",
			"unset {{ ds }}",
		],
		...[`echo "\${z:{{ ds }}}"`, `echo \${z:-{{ ds }}}`, "y=( [{{ ds }}]=1 )", "y=(a [1+{{ ds }}]=1)", "a[ 1 + {{ ds }} ]=1", "wait -n -p {{ ds }}"],
		...["PS4={{ ds }}; set -x; true", "export PROMPT_COMMAND={{ ds }}", "env BASH_ENV={{ ds }} bash run.sh", "for PS4 in {{ ds }}; do :; done"],
		...[
			"PROMPT_COMMAND=({{ ds }})",
			"RANDOM={{ ds }}",
			"declare -i n; n={{ ds }}",
			"printf -v{{ ds }} x",
			"mapfile -C {{ ds }} -c 1 a",
			"[ {{ ds }} {{ ds }} ]",
		],
		...[
			"e=eval; $e {{ ds }}",
			"{{ ds }} {{ ds }}",
			"c=-c; bash $c {{ ds }}",
			"bash {{ ds }}",
			"env -i bash -ec {{ ds }}",
			"bash -o pipefail -c {{ ds }}",
		],
		...[
			"echo {{ ds }} | bash",
			"echo {{ ds }} | tr a b |\n sudo sh -s",
			"{ echo {{ ds }}; ls; } | sh",
			"( echo {{ ds }} ) | bash -e",
			"echo {{ ds }} | tee >(sh)",
		],
		...[
			"echo {{ ds }} | source /dev/stdin",
			"source <(echo {{ ds }})",
			". {{ ds }}",
			"bash < {{ ds }}",
			"bash <(cat {{ ds }})",
			"find . -exec sh -c {{ ds }} ';'",
		],
		...[
			'eval "a; {{ ds }}"',
			'eval x "$(ls)" {{ ds }}',
			"eval \\\n {{ ds }}",
			'bash -c "a; echo {{ ds }}"',
			"> out eval {{ ds }}",
			'bash -c "$(echo {{ ds }})"',
		],
		...[
			"\\eval {{ ds }}",
			'"eval" {{ ds }}',
			"function f { eval {{ ds }}; }",
			"f() { eval {{ ds }}; }",
			"echo `eval {{ ds }}`",
			"echo \\{{ ds }}",
			`echo \${{ ds }}`,
		],
		...[
			'echo "$(case x in a) eval {{ ds }};; esac)"',
			"# it's\neval {{ ds }}",
			"[[ a ]]; eval {{ ds }}",
			"echo $((1)) '(' \"'\"; let {{ ds }}",
			"alias x={{ ds }}",
		],
		...[
			"f() { echo {{ ds }}; }; f | sh",
			"f() { sh; }; echo {{ ds }} | f",
			"echo {{ ds }} | { cat | sh; }",
			'echo {{ ds }} | ls "$(sh)"',
			"echo {{ ds }} | while read -r l; do sh; done",
			"{ echo {{ ds }}; cat <<E\nit's\nE\n} | sh",
		],
		...[
			"echo {{ ds }} | xargs -I% sh -c 'echo %'",
			"echo {{ ds }} | docker exec -i x bash",
			"< {{ ds }} sh",
			"sudo -u x bash {{ ds }}",
			"v=(<(eval {{ ds }}))",
			"sh -s -c $(ls) {{ ds }}",
			"sh -s {{ ds }} {{ ds }}",
			"bash -{{ ds }} a{{ ds }}",
			"printf {{ ds }} x",
		],
		...[
			"e{{ ds }} {{ ds }}",
			"[ -{{ ds }} {{ ds }} ]",
			"[ $(echo {{ ds }}) ]",
			"$(echo {{ ds }})",
			"env A=$(echo {{ ds }}) ls",
			"f() { n={{ ds }}; }; declare -i n; f",
		],
		...[
			"for ((i=0; i<1; i++)) do eval {{ ds }}; done",
			"for((i={{ ds }};;)); do ls; done",
			"time { eval {{ ds }}; }",
			"echo `echo \\`eval {{ ds }}\\``",
			"coproc sh; echo {{ ds }} >&3",
		],
		...["true && bash -c {{ ds }}", 'sh -ec "echo {{ ds }}"', "printf -v {{ ds }} x", "if let {{ ds }}; then echo; fi", "trap {{ ds }} EXIT"],
	];
	for (const script of refused) expect(() => parseScript(script), script).toThrow(/can't be put .* may read commands/);
	const taken = [
		...[
			"echo {{ ds }}",
			"export DAY={{ ds }}",
			'local a="x {{ ds }}"',
			"[ {{ ds }} -gt 3 ]",
			"test -n {{ ds }} && echo $((1 + 1)) {{ ds }}",
			"for x in {{ ds }}; do echo; done",
		],
		...[
			"[[ -f a ]] && cat {{ ds }}",
			"evaluate {{ ds }}",
			"./trap.sh {{ ds }}",
			"grep -v x {{ ds }}",
			"curl -d {{ ds }} http://x",
			"bash run.sh {{ ds }}",
			"ls [ab]{{ ds }}",
		],
		...[
			"grep -v {{ ds }} f",
			`x=( {{ ds }} b ); echo \${x[0]} \${#x} {{ ds }}`,
			"while read -r l; do echo $l; done < {{ ds }}",
			"case {{ ds }} in a) ls;; esac; ls {{ ds }}",
		],
		...[
			"# it's {{ ds }} don't\nls {{ ds }}",
			"f() { local a={{ ds }}; }; f {{ ds }}",
			'$HOME/bin/tool "a; eval {{ ds }}"',
			"echo $(date -d {{ ds }}) `date -d {{ ds }}` {{ ds }}",
		],
		...[
			"FOO={{ ds }} env A={{ ds }} python3 x.py --day={{ ds }} > out-{{ ds }}.txt 2>&1",
			"timeout 5 bash -e run.sh {{ ds }}",
			"docker run -e ENV={{ ds }} x",
		],
		...[
			"[[ $a == b && -f c ]] && ls {{ ds }}; if [[ -f a ]]; then ls {{ ds }}; fi",
			"echo {{ ds }} | grep bash",
			"if test {{ ds }}; then ls; fi\ncurl x | sh",
			"ls {{ ds }}; curl x | sh",
			"./bin/{{ ds }} {{ ds }}",
		],
		...[
			"psql -h {{ ds }} <<SQL\nselect 'it''s' || x; -- don't\nSQL\npsql {{ ds }} | sort",
			"cat <<< {{ ds }}",
			"curl x | sh -s -- {{ ds }} {{ ds }}; curl x | sh -s v{{ ds }} {{ ds }}",
			"f() { ls; }; f {{ ds }} | sort",
			"cat <<E > $(date).txt\nit's\nE\nls {{ ds }}; if ! ls; then curl x | sh; fi",
			'w["a b"]={{ ds }}; for f in *; do sed "s/\\./x/" $f; done',
		],
		...[
			`printf "%s|" {{ ds }} "\${HOME}" {{ ds }}`,
			"export $(cat .env | xargs); n={{ ds }}",
			"echo {{ ds }} | while read -r l; do ls $l; done",
			'a="$(( 1 + (2) ))"; ls {{ ds }}',
		],
	];
	for (const script of taken) expect(() => parseScript(script), script).not.toThrow();
});
