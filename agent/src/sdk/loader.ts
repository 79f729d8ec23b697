/** The hooks for Node before 22.15, which has them in a thread of their own. */
import { hooksFor } from "./hooks.ts";

type Next<Result> = (what: string, context: object) => Promise<Result>;
/** Not there while this is itself being loaded. */
let hooks: ReturnType<typeof hooksFor> | undefined;

export function initialize({ sdk, project }: { sdk: string; project: string }): void {
	hooks = hooksFor(sdk, project);
}

export async function resolve(specifier: string, context: { parentURL?: string }, next: Next<object>): Promise<object> {
	const own = hooks?.own(specifier);
	if (own) return own;
	try {
		return await next(specifier, context);
	} catch (problem) {
		const again = hooks?.again(specifier, context, problem);
		if (!again) throw problem;
		return await next(specifier, again);
	}
}

export async function load(url: string, context: object, next: Next<object>): Promise<object> {
	return hooks?.stripped(url) ?? (await next(url, context));
}
