/** What flows a project has: asked of the SDK, which reads the sources and imports only where it must. */
import { z } from "zod";
import { childEnvironment } from "../config.ts";
import { FlowOptions, ParameterSchema } from "../protocol/manifest.ts";
import { ProjectProblem } from "./problem.ts";
import { startSdkPython } from "./sdk-python.ts";

export const DescribedFlow = z.object({
	name: z.string(),
	entry: z.string(),
	doc: z.string(),
	parameters: ParameterSchema,
	tasks: z.array(z.string()),
	/** Absent where the flow asks for nothing, so that its version's address is the same as before there were options. */
	options: z
		.record(z.string(), z.unknown())
		.optional()
		.transform((asked) => (asked && Object.keys(asked).length > 0 ? FlowOptions.parse(asked) : undefined)),
});
const Description = z.object({ flows: z.array(DescribedFlow), python: z.string() });
export type DescribedFlow = z.infer<typeof DescribedFlow>;
export type Description = z.infer<typeof Description>;

export interface Describing {
	/** Tells which files to look at; call once, as soon as the project is scanned. */
	files(paths: readonly string[]): void;
	result: Promise<Description>;
	/** Ends the process where nobody waits for its answer any more. */
	stop(): void;
}

/** Starts Python at once, so that it is up by the time the project is scanned. @param cache where byte-code is kept. @param flows entries, where only these are wanted. */
export function startDescribing(python: string, project: string, cache: string, flows: readonly string[] = []): Describing {
	// Byte-code goes to the cache and not into the project. Unwritten, all of Python's own library would be compiled at each deploy.
	const { PYTHONDONTWRITEBYTECODE: _, ...env } = childEnvironment();
	const args = ["tidegate.describe", project, "--files", "-", "--json", ...flows.flatMap((entry) => ["--flow", entry])];
	const { child, out, err } = startSdkPython(python, args, project, { ...env, PYTHONPYCACHEPREFIX: cache });
	const result = new Promise<Description>((resolve, reject) => {
		child.on("error", (error) => reject(new ProjectProblem(`cannot start ${python}: ${error.message}`)));
		child.on("close", (code, signal) => {
			const said = err();
			if (code === 2) return reject(new ProjectProblem(/^Traceback|^ {2}File "/m.test(said) ? `the project does not import.\n\n${said}` : said));
			if (code !== 0)
				return reject(new ProjectProblem(`${python} ended with ${signal ?? `exit code ${code}`} while it read the project.\n\n${said}`));
			try {
				resolve(Description.parse(JSON.parse(out())));
			} catch {
				reject(
					new ProjectProblem(
						`${python} -m tidegate.describe gave no readable answer: does the project print, or end the process, while it is imported?\n\n${said}`,
					),
				);
			}
		});
	});
	// Whoever waits for it gets the error; a scan that fails first must not leave it unhandled.
	result.catch(() => {});
	return {
		files: (paths) => child.stdin.end(paths.map((each) => `${each}\0`).join("")),
		result,
		stop: () => child.kill("SIGKILL"),
	};
}
