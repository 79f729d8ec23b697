/** The shape of tidegate.yaml: the command line reads by it, and editors complete by the JSON Schema that is made from it. */
import { z } from "zod";
import { MAX_ATTEMPTS, MAX_RETRY_DELAY } from "./limits.ts";
import { Name } from "./manifest.ts";

const Entry = z.string().regex(/^[^:\s][^:]*\.(py|[mc]?[jt]s):[A-Za-z_$][\w$]*$/, "an entry looks like folder/file.py:function, or file.ts:export");
const Patterns = z.array(z.string().min(1));
const Requirements = z
	.union([z.string().min(1), Patterns], "the path of a requirements file, or a list of requirements")
	.describe("The path of a file in the format of requirements.txt, or the requirements themselves");
const Word = z.string().regex(/^[A-Za-z_]\w*$/, "use letters, digits and _, and no digit at the beginning");
const SecretName = z.string().regex(/^[A-Za-z_][\w.-]*$/, "the name of a secret that the agent has");
const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], "text, a number, true, false or null");

/** As of a PEP 440 range, of releases alone: an agent looks for a Python by it, and what it does not understand would mean nothing. */
const CLAUSE = /^(?:(?:==|!=)\s*\d+(?:\.\d+)*(?:\.\*)?|~=\s*\d+(?:\.\d+)+|(?:===|<=|>=|<|>)\s*\d+(?:\.\d+)*)$/;

function rangeProblem(text: string): string | undefined {
	const bare = /^\s*(\d+(?:\.\d+)*)(?:\.\*)?\s*$/.exec(text)?.[1];
	if (bare !== undefined) {
		const one = bare.split(".").length > 2 ? bare : `${bare}.*`;
		return `a version alone says no range: write "==${one}" for that one, or ">=${bare}" for it and all after it`;
	}
	if (text.split(",").every((clause) => CLAUSE.test(clause.trim()))) return undefined;
	return 'expected a range of versions, such as ">=3.10" or ">=3.10,<3.13"';
}

/** Types of a parameter; each may be a list of such: `list of string`. */
export const PARAMETER_TYPES = ["string", "integer", "number", "boolean", "date", "date-time", "object", "any"] as const;
const lists = PARAMETER_TYPES.map((type) => `list of ${type}` as const);

export const Parameter = z.strictObject({
	type: z.enum([...PARAMETER_TYPES, ...lists]).default("string"),
	default: z.json().optional().describe("Without one, the parameter has to be given"),
	choices: z.array(Scalar).min(1).optional().describe("The values there are"),
	description: z.string().optional(),
});

export const Http = z.strictObject({
	url: z.string().min(1),
	method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]).optional().describe("GET, or POST where there is a body"),
	headers: z.record(z.string(), z.string()).optional(),
	json: z.json().optional().describe("A body that is sent as JSON"),
	body: z.string().optional().describe("A body that is sent as it is"),
	expect: z.array(z.int().min(100).max(599)).min(1).optional().describe("Status codes that are no failure; 200 to 299 without it"),
});

export const Spark = z.strictObject({
	application: z.string().min(1).describe("A .py or .jar file"),
	args: z.array(z.string()).optional(),
	master: z.string().optional(),
	class: z.string().optional(),
	conf: z.record(z.string(), z.string()).optional(),
});

const RetryDelay = z.union(
	[z.number().min(0).max(MAX_RETRY_DELAY), z.array(z.number().min(0).max(MAX_RETRY_DELAY)).min(1)],
	"seconds, or a list of seconds",
);

/** What a step can be; it is exactly one of them. */
export const KINDS = ["run", "python", "sql", "http", "notebook", "flow", "spark"] as const;
export type Kind = (typeof KINDS)[number];

export const Step = z.strictObject({
	run: z.string().min(1).optional().describe("A shell script"),
	python: z
		.string()
		.regex(
			/^(?:[^:\s][^:]*\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_]\w*$/,
			"a callable looks like folder/file.py:function or package.module:function",
		)
		.optional()
		.describe("A function: file.py:function, or package.module:function"),
	sql: z.string().min(1).optional().describe("A query, or the path of a file that ends in .sql"),
	http: z
		.union([z.string().min(1), Http], "a URL, or url, method, headers, json, body and expect")
		.optional()
		.describe("A request"),
	notebook: z
		.string()
		.regex(/\.ipynb$/, "the path of a file that ends in .ipynb")
		.optional()
		.describe("A notebook, executed from top to bottom"),
	spark: z
		.union([z.string().min(1), Spark], "the path of an application, or application, args, master, class and conf")
		.optional()
		.describe("An application for spark-submit"),
	flow: Name.optional().describe("Another deployed flow, as a run of its own"),
	pool: Name.optional().describe("For flow: whose agents do it"),
	database: SecretName.optional().describe("For sql: the name of a connection, or of a secret that holds an SQLAlchemy URL"),
	with: z.record(Word, z.json()).optional().describe("Arguments of python and notebook, parameters of flow"),
	env: z.record(Word, z.string()).optional().describe("Variables of run and spark"),
	needs: z
		.union([z.string(), z.array(z.string())], "the name of a step, or a list of names")
		.optional()
		.describe("Steps that have to end before it begins"),
	when: z
		.union([z.string().min(1), z.boolean()], 'an expression, such as params.full and ds > "2026-01-01"')
		.optional()
		.describe("It is skipped where this is not true"),
	matrix: z
		.record(Word, z.array(Scalar).min(1, "an empty list makes no combination"))
		.refine((matrix) => Object.keys(matrix).length > 0, "an empty matrix makes no combination")
		.optional()
		.describe("It is done once for each combination of these values"),
	concurrency: z.int().min(1).max(1000).optional().describe("How many combinations at a time"),
	retries: z
		.int()
		.min(0)
		.max(MAX_ATTEMPTS - 1)
		.optional(),
	retry_delay: RetryDelay.optional().describe("Seconds before each attempt, or a list of them"),
	timeout: z.number().positive().max(MAX_RETRY_DELAY).optional().describe("Seconds of one attempt"),
	requirements: Requirements.optional().describe("Packages of an environment of its own"),
});
export type Step = z.infer<typeof Step>;

/** What a hook can be; it is exactly one of them. */
export const HOOK_KINDS = ["run", "python", "http"] as const;
/** What is done after the end of a run of the steps, in a run of its own. */
export const Hook = z.strictObject(
	Object.fromEntries([...HOOK_KINDS, "with" as const, "env" as const].map((word) => [word, Step.shape[word]])) as Pick<
		typeof Step.shape,
		(typeof HOOK_KINDS)[number] | "with" | "env"
	>,
);

/** What a flow of steps asks for its runs: the words of @flow. */
export const Asked = z.object({
	retries: z
		.int()
		.min(0)
		.max(MAX_ATTEMPTS - 1)
		.optional()
		.describe("How often a failed run is tried again"),
	retry_delay: RetryDelay.optional().describe("Seconds before each attempt, or a list of them"),
	timeout: z.number().positive().max(MAX_RETRY_DELAY).optional().describe("Seconds of one attempt"),
	queue_timeout: z.number().positive().max(MAX_RETRY_DELAY).optional().describe("Seconds that a run may wait for an agent"),
	memory: z
		.union(
			[z.int().positive(), z.string().regex(/^\d+(\.\d+)? ?([KMGT]i?)?B$/i, 'expected a size such as "4 GiB", or bytes')],
			'bytes, or a size such as "4 GiB"',
		)
		.optional()
		.describe("What a run may use at most"),
	cpu: z.number().positive().max(4096).optional().describe("Cores"),
	gpus: z.int().min(0).max(1024).optional(),
	on_success: Hook.optional().describe("What is done after a run that succeeded"),
	on_failure: Hook.optional().describe("What is done after a run that failed"),
	on_cancel: Hook.optional().describe("What is done after a run that was cancelled"),
});

export const ProjectYaml = z.strictObject({
	name: Name.optional().describe(
		"The flow's name, where the project has one flow and it should be called otherwise than its function; the name of the flow of the steps",
	),
	flows: z
		.union([z.array(Entry).min(1), z.record(Name, Entry)], "a list of entries (- flow.py:train) or names for them (train: flow.py:train)")
		.optional()
		.describe("Which flows the project has: entries, or names for them. Without it, all that are found"),
	requirements: Requirements.optional(),
	include: Patterns.optional().describe("Patterns as in .gitignore: brought back though ignore files leave them out"),
	exclude: Patterns.optional().describe("Patterns as in .gitignore: left out"),
	python: z
		.string('a version in quotes, such as ">=3.10"')
		.min(1)
		.superRefine((text, context) => {
			const problem = text === "" ? undefined : rangeProblem(text);
			if (problem) context.addIssue({ code: "custom", message: problem });
		})
		.optional()
		.describe("Which Python the flows need, as in requires-python: >=3.10, or ==3.12.*"),
	description: z.string().optional().describe("What the flow of the steps does, in Markdown"),
	parameters: z.record(Word, Parameter).optional().describe("Parameters of the steps"),
	...Asked.shape,
	steps: z.record(Word, Step).optional().describe("A flow without code: what is done, by name"),
});
export type ProjectYaml = z.infer<typeof ProjectYaml>;

/** The JSON Schema that editors complete and check by. */
export const projectYamlSchema = (): Record<string, unknown> => ({
	...z.toJSONSchema(ProjectYaml, { io: "input" }),
	$id: "tidegate.yaml",
	title: "tidegate.yaml",
});
